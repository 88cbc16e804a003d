"""Curves as SVG files: ROC on straight axes, DET on those of the normal distribution."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from statistics import NormalDist

from infrastructure.evaluation.curves import Point

SIDE, MARGIN = 420, 60
COLOURS = ("#1d70b8", "#d4351c", "#00703c", "#4c2c92", "#b58840", "#28a197")
DET_MIN, DET_MAX = 0.001, 0.6
DET_TICKS = (0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.4)
ROC_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)

Place = Callable[[float], float]
"""From a share to a place between 0 and 1 along an axis."""


def write(folder: Path, name: str, curves: Mapping[str, Sequence[Point]]) -> list[Path]:
    """`<name>-roc.svg` and `<name>-det.svg`; the files."""
    folder.mkdir(parents=True, exist_ok=True)
    roc = {label: [(p.false_alarms, 1 - p.misses) for p in points] for label, points in curves.items()}
    det = {label: [(p.false_alarms, p.misses) for p in points] for label, points in curves.items()}
    drawn = {
        folder / f"{name}-roc.svg": _figure(f"ROC: {name}", "found", roc, lambda share: share, ROC_TICKS),
        folder / f"{name}-det.svg": _figure(f"DET: {name}", "missed", det, _deviate, DET_TICKS),
    }
    for path, content in drawn.items():
        path.write_text(content, encoding="utf-8")
    return list(drawn)


def _deviate(share: float) -> float:
    """The normal deviate of a share, on an axis that shows the errors that matter."""
    normal = NormalDist().inv_cdf
    low, high = normal(DET_MIN), normal(DET_MAX)
    return (normal(min(DET_MAX, max(DET_MIN, share))) - low) / (high - low)


def _figure(
    title: str,
    upward: str,
    curves: Mapping[str, Sequence[tuple[float, float]]],
    place: Place,
    ticks: Sequence[float],
) -> str:
    width, height = SIDE + 2 * MARGIN, SIDE + 2 * MARGIN + 20 * len(curves)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        f'<title>{escape(title)}</title><g font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="{MARGIN}" y="{MARGIN - 20}" font-size="16">{escape(title)}</text>',
        *(line for tick in ticks for line in _tick(tick, place)),
        f'<text x="{MARGIN + SIDE / 2}" y="{MARGIN + SIDE + 40}" text-anchor="middle">taken for it wrongly</text>',
        f'<text text-anchor="middle" transform="translate(16 {MARGIN + SIDE / 2}) rotate(-90)">{upward}</text>',
    ]
    for number, (label, points) in enumerate(curves.items()):
        colour = COLOURS[number % len(COLOURS)]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in (_at(p, place) for p in points))
        legend = MARGIN + SIDE + 60 + 20 * number
        parts += [
            f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>',
            f'<rect x="{MARGIN}" y="{legend - 10}" width="14" height="4" fill="{colour}"/>',
            f'<text x="{MARGIN + 22}" y="{legend - 4}">{escape(label)}</text>',
        ]
    return "\n".join([*parts, "</g></svg>\n"])


def _tick(tick: float, place: Place) -> tuple[str, str, str, str]:
    x, y = _at((tick, tick), place)
    line = 'stroke="#b1b4b6" stroke-width="1"'
    return (
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{MARGIN}" y2="{MARGIN + SIDE}" {line}/>',
        f'<line x1="{MARGIN}" x2="{MARGIN + SIDE}" y1="{y:.1f}" y2="{y:.1f}" {line}/>',
        f'<text x="{x:.1f}" y="{MARGIN + SIDE + 18}" text-anchor="middle">{tick * 100:g} %</text>',
        f'<text x="{MARGIN - 6}" y="{y + 4:.1f}" text-anchor="end">{tick * 100:g} %</text>',
    )


def _at(point: tuple[float, float], place: Place) -> tuple[float, float]:
    return MARGIN + SIDE * place(point[0]), MARGIN + SIDE * (1 - place(point[1]))
