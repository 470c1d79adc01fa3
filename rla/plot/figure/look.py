"""How a figure shall look: what `draw` of all kinds of figures takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from rla.errors import QueryError, did_you_mean
from rla.plot.figure.text import Labels

__all__ = ["BoundLine", "BoundLines", "Look"]

BoundLine: TypeAlias = Sequence[Any]
"""``(y, label)``, ``(y, label, color)`` or ``(y, label, color, line style)``."""

BoundLines: TypeAlias = Sequence[BoundLine] | Mapping[str, Sequence[BoundLine]]
"""Lines of all panels, or for each task (or metric) those of its panels."""

_LEGENDS: Final = ("below", "right", "none")
_LOGS: Final = ("", "x", "y", "both")


@dataclass(frozen=True)
class Look:
    """How a figure shall look; `Curves.draw` describes each."""

    size: tuple[float, float] | None = None
    legend: str = "below"
    caption: bool | str = True
    labels: Labels = None
    colors: Mapping[str, str] | None = None
    log: str = ""
    bound_lines: BoundLines = ()
    xlim: tuple[float | None, float | None] | None = None
    ylim: tuple[float | None, float | None] | None = None
    bands: bool | None = None
    raw: bool = True

    def __post_init__(self) -> None:
        _check("legend", self.legend, _LEGENDS)
        _check("log", self.log, _LOGS)
        if self.size is not None and not _is_size(self.size):
            raise QueryError(f"size={self.size!r} is no size of a figure; expected (width, height) in inches.")
        for lines in self.bound_lines.values() if isinstance(self.bound_lines, Mapping) else [self.bound_lines]:
            for line in lines:
                _check_bound(line)

    def bounds_of(self, *names: str) -> list[BoundLine]:
        """Return the bound lines of a panel, by its task and metric."""
        if not isinstance(self.bound_lines, Mapping):
            return list(self.bound_lines)
        return [line for name in names for line in self.bound_lines.get(name, ())]


def _is_size(size: object) -> bool:
    sides = list(size) if isinstance(size, Iterable) else []
    return len(sides) == 2 and all(isinstance(side, (int, float)) and 0 < side <= 100 for side in sides)


def _check(name: str, value: object, known: Sequence[str]) -> None:
    if value not in known:
        listed = ", ".join(map(repr, known))
        raise QueryError(f"{name}={value!r} is none of {listed}.{did_you_mean(str(value), known)}")


def _check_bound(line: object) -> None:
    fits = isinstance(line, Sequence) and not isinstance(line, str) and 2 <= len(line) <= 4
    if not fits or not isinstance(line[0], (int, float)):  # type: ignore[index]
        raise QueryError(
            f"{line!r} is no bound line; expected (y, label), (y, label, color) or (y, label, color, line style)."
        )
