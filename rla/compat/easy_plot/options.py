"""The options of `plot_results`, which `plot_func` and `plot_res_func` take too: names, defaults, what can be."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from rla.errors import QueryError, did_you_mean
from rla.plot.statistics.align import check_alignment
from rla.plot.statistics.interval import Way
from rla.plot.statistics.normalize import Table
from rla.plot.statistics.smooth import Smoothing

__all__ = ["PlotOptions", "check_names", "options_from", "with_options"]

TILINGS: Final = ("symmetric", "vertical", "horizontal")

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


@dataclass(frozen=True)
class PlotOptions:
    """How curves are averaged and drawn; `plot_results` describes each option."""

    average_group: bool = False
    shaded_std: bool = False
    shaded_err: bool = True
    shaded_range: bool = True
    figsize: tuple[float, float] | None = None
    legend_outside: bool = True
    resample: int = 0
    vary_len_plot: bool = False
    smooth_step: float = 1.0
    tiling: str | None = "symmetric"
    xlabel: str | None = None
    ylabel: str | Sequence[str] | None = None
    title: str | Sequence[str] | None = None
    regs2legends: Mapping[str, str] | Sequence[str] | None = None
    pretty: bool = False
    bound_line: Sequence[Sequence[Any]] | None = None
    colors: Mapping[str, Any] | Sequence[Any] | None = None
    log: bool | str = False
    ylim: Any = None
    xlim: Any = None
    show_number: bool = True
    skip_legend: bool = False
    split_by_metrics: bool = False
    use_marker: bool = False
    markers: Sequence[str] | None = None
    legend_ncol: int = 1
    rescale_idx: int | None = None
    # what the original did not have
    estimator: str | None = None
    band: str | None = None
    level: float = 0.95
    n_boot: int = 2000
    min_seeds_for_band: int = 5
    align: str = "auto"
    x_range: str = "intersection"
    grid: int = 200
    smooth: Smoothing | float | None = None
    by: str | None = None
    normalize: Table | None = None
    show_runs: bool | str = "auto"

    def __post_init__(self) -> None:
        _ = self.way, self.smoothing
        check_alignment(self.align, self.x_range, self.grid)
        if self.tiling is not None:
            _check_choice("tiling", self.tiling, TILINGS)
        if self.log not in (False, True, None):
            _check_choice("log", self.log, ("x", "y", "xy"))
        if self.show_runs not in (False, True):
            _check_choice("show_runs", self.show_runs, ("auto",))
        if isinstance(self.resample, bool) or self.resample < 0:
            raise QueryError(f"resample={self.resample} is no number of points; 0 leaves curves as they are.")
        if self.resample and (self.smooth is not None or self.align != "auto"):
            raise QueryError("resample brings curves to a grid by an average of its own; leave align and smooth away.")
        for line in self.bound_line or ():
            if not isinstance(line, (list, tuple)) or not 1 <= len(line) <= 4:
                raise QueryError(f"bound_line is a list of [y, color, style, label]; got {line!r} in it.")

    @property
    def has_own_band(self) -> bool:
        """Whether an estimator or a band was asked for, which is drawn instead of the old shades."""
        return self.estimator is not None or self.band is not None

    @property
    def way(self) -> Way:
        """What is drawn of a group: the mean alone where only old shades stand around it."""
        band = (self.band or "ci") if self.has_own_band else "none"
        return Way(self.estimator or "mean", band, self.level, self.n_boot)

    @property
    def range_of_x(self) -> str:
        """How far curves go that end at different x."""
        return "union" if self.vary_len_plot and self.x_range == "intersection" else self.x_range

    @property
    def smoothing(self) -> Smoothing | None:
        """How each run is smoothed; a number is the window of a trailing mean, in points."""
        if self.smooth is None or isinstance(self.smooth, Smoothing):
            return self.smooth
        return Smoothing("trailing", self.smooth)


def _check_choice(name: str, came: object, known: Sequence[str]) -> None:
    if came not in known:
        hint = did_you_mean(str(came), known)
        raise QueryError(f"{name}={came!r} is none of {', '.join(map(repr, known))}.{hint}")


def options_from(given: Mapping[str, Any], call: str) -> PlotOptions:
    """Return options.

    Raises:
        TypeError: there is no option of a name; the message has the nearest.
        QueryError: a value is none that can be.
    """
    check_names(given, call, ())
    return PlotOptions(**given)


def check_names(given: Mapping[str, Any], call: str, others: Sequence[str]) -> None:
    """Raise a TypeError for the name of an option that there is not.

    Args:
        given: options by name.
        call: the function that took them, for the message.
        others: names that the function takes besides.
    """
    known = [*(field.name for field in dataclasses.fields(PlotOptions)), *others]
    for name in given:
        if name not in known:
            raise TypeError(f"{call}() takes no keyword '{name}'.{did_you_mean(name, known)}")


def with_options(function: FunctionT) -> FunctionT:
    """Show all options in the signature of a function that takes them as ``**options``."""
    signature = inspect.signature(function)
    own = [each for each in signature.parameters.values() if each.kind is not inspect.Parameter.VAR_KEYWORD]
    options = [
        inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=field.type)
        for field in dataclasses.fields(PlotOptions)
    ]
    function.__signature__ = signature.replace(parameters=[*own, *options])  # type: ignore[attr-defined]
    return function
