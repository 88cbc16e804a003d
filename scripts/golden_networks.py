#!/usr/bin/env python
"""Writes infrastructure/moderation/golden.json: what the built-in networks make of one drawn picture.

.venv/bin/python scripts/golden_networks.py            say whether the numbers are current (exit 1 if not)
.venv/bin/python scripts/golden_networks.py --write    write them, after a change of the weights or of `convert`
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from infrastructure.moderation import golden  # noqa: E402  the path must be known first
from infrastructure.moderation.models import (  # noqa: E402
    DETECTOR,
    EMBEDDER,
    LANDMARKS,
    NUDITY,
    ModelRefused,
    ModelStore,
)


def main() -> int:
    """Compare or write."""
    store = ModelStore()
    networks = {DETECTOR: store.detector(), EMBEDDER: store.embedder(), NUDITY: store.nudity()}
    numbers = {w.name: golden.answer(w.name, network.session) for w, network in networks.items()}
    numbers[LANDMARKS.name] = golden.landmarks(store.landmarks()[0])
    if "--write" in sys.argv:
        golden.PAGE.write_text(golden.written(numbers), encoding="utf-8")
        return 0
    try:
        for name, seen in numbers.items():
            golden.recall(name, seen)
    except ModelRefused as refused:
        print(refused, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
