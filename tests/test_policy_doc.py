"""docs/policy.md tells every key of the policy as it is, and the examples in it can be published."""

import json
import re

from domain.policy import Policy, describe
from scripts.policy_doc import INTRODUCTION, PAGE, page


def test_the_page_is_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run scripts/policy_doc.py --write"


def test_every_key_has_a_line_with_its_meaning() -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    told = [line for line in lines if line.startswith("| `")]
    keys = list(describe())
    assert len(told) == len(keys)
    for key, line in zip(keys, told, strict=True):
        assert line.startswith(f"| `{key.name.rpartition('.')[2]}` |")
        assert f"| {key.meaning} |" in line


def test_the_examples_are_policies() -> None:
    examples = re.findall(r"```json\n(.*?)```", INTRODUCTION, re.DOTALL)
    assert len(examples) == 2
    for example in examples:
        assert Policy().merged(json.loads(example)) != Policy()
