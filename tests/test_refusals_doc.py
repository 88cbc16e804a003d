"""Everybody who is told no reads a sentence: the page that lists them is true, and each can be read."""

import re

import pytest

from domain.booking.rules import RULES
from scripts.refusals_doc import PAGE, Refusal, page, refusals

ALL = refusals()


@pytest.mark.slow
def test_the_page_of_refusals_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run scripts/refusals_doc.py --write"


@pytest.mark.parametrize("refusal", ALL, ids=lambda refusal: f"{refusal.area}-{refusal.rule}")
def test_a_refusal_reads_as_a_sentence(refusal: Refusal) -> None:
    assert re.fullmatch(r"[A-Z‹].*\.", refusal.sentence)
    assert "_" not in refusal.sentence
    assert "  " not in refusal.sentence
    assert len(refusal.sentence) <= 160
    assert refusal.rule


def test_every_rule_of_booking_has_its_sentence() -> None:
    assert {rule.name for rule in RULES} <= {refusal.rule for refusal in ALL}
