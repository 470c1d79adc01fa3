"""Colours and line styles of arms: the same place always gives the same, and colour-blind readers tell them apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from rla.errors import QueryError, did_you_mean

__all__ = ["COLORS", "LINE_STYLES", "Style", "styles_of"]

LineStyle: TypeAlias = Literal["-"] | tuple[float, tuple[float, ...]]

COLORS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#882255", "#000000")
"""Those of Okabe and Ito (2008); wine, of Paul Tol's muted scheme, stands for their yellow, which paper swallows."""

LINE_STYLES: Final[tuple[LineStyle, ...]] = (
    "-",
    (0.0, (5.0, 1.5)),
    (0.0, (1.0, 1.0)),
    (0.0, (5.0, 1.2, 1.0, 1.2)),
    (0.0, (1.0, 2.5)),
    (0.0, (2.5, 1.0)),
    (0.0, (5.0, 1.2, 1.0, 1.2, 1.0, 1.2)),
)
"""Arms beyond the eighth have the colours again, with the next style: 56 arms are different."""


@dataclass(frozen=True)
class Style:
    """How an arm is drawn, in all panels.

    Args:
        color: a colour of matplotlib.
        line: a line style of matplotlib.
    """

    color: str
    line: LineStyle


def styles_of(arms: Sequence[str], colors: Mapping[str, str] | None = None) -> dict[str, Style]:
    """Return the style of each arm, by its place.

    Args:
        arms: their names, in the order of the legend.
        colors: arm → colour, for arms that shall have another than that of their place.

    Raises:
        QueryError: there is no such arm.
    """
    for arm in colors or ():
        if arm not in arms:
            raise QueryError(f"There is no arm '{arm}' to colour; expected {_listed(arms)}.{did_you_mean(arm, arms)}")
    found = {
        arm: Style(COLORS[place % len(COLORS)], LINE_STYLES[place // len(COLORS) % len(LINE_STYLES)])
        for place, arm in enumerate(arms)
    }
    return found | {arm: Style(color, found[arm].line) for arm, color in (colors or {}).items()}


def _listed(arms: Sequence[str], most: int = 8) -> str:
    return ", ".join(map(repr, arms[:most])) + (" …" if len(arms) > most else "")
