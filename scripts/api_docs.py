#!/usr/bin/env python
"""Writes docs/openapi.json and docs/asyncapi.json from the routes and the models.

.venv/bin/python scripts/api_docs.py            say whether both are current (exit 1 if not)
.venv/bin/python scripts/api_docs.py --write    write them
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from api import asyncapi  # noqa: E402  the path must be known first
from api.main import described  # noqa: E402
from application.access import load  # noqa: E402

DOCS = ROOT / "docs"


def pages() -> Mapping[Path, str]:
    """Each page and its text."""
    documents: Mapping[str, dict[str, Any]] = {
        "openapi.json": described(load()),
        "asyncapi.json": asyncapi.document(),
    }
    return {
        DOCS / name: json.dumps(document, indent=1, ensure_ascii=False) + "\n"
        for name, document in documents.items()
    }


def main() -> int:
    """Write the pages, or say whether they are current."""
    found = pages()
    if "--write" in sys.argv[1:]:
        for path, text in found.items():
            path.write_text(text, encoding="utf-8")
        return 0
    old = [path.name for path, text in found.items() if not path.exists() or path.read_text("utf-8") != text]
    if old:
        print(f"Not current: {', '.join(old)}. Run scripts/api_docs.py --write", file=sys.stderr)
    return 1 if old else 0


if __name__ == "__main__":
    sys.exit(main())
