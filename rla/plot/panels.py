"""The numbers of a figure of learning curves: panels of bands and runs, as tables, as a manifest, and drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rla.errors import QueryError
from rla.names import TIME_STEP
from rla.plot.arms import Member
from rla.plot.caption import caption_of
from rla.plot.drawable import Drawable
from rla.plot.statistics.aggregate import Band
from rla.plot.statistics.align import align_curves, check_alignment
from rla.plot.statistics.interval import Way
from rla.plot.statistics.normalize import Table
from rla.plot.statistics.series import Curve
from rla.plot.statistics.smooth import Smoothing, smoothed
from rla.version import __version__

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from rla.plot.figure.look import BoundLines
    from rla.plot.figure.text import Labels

__all__ = ["Curves", "Panel", "RunLine", "Settings"]


@dataclass(frozen=True)
class Settings:
    """How the numbers of a figure were made; `curves` describes each."""

    x: str = TIME_STEP
    by: str | None = None
    pool: bool = False
    seed_key: str = "seed"
    x_range: str = "intersection"
    grid: int = 200
    align: str = "auto"
    smooth: Smoothing | None = None
    estimator: str = "iqm"
    band: str = "ci"
    level: float = 0.95
    n_boot: int = 2000
    min_seeds_for_band: int = 5
    normalize: Table | None = None
    show_runs: bool | str = "auto"
    show_n: bool = True

    def __post_init__(self) -> None:
        Way(self.estimator, self.band, self.level, self.n_boot)
        check_alignment(self.align, self.x_range, self.grid)
        if not isinstance(self.x, str):
            raise QueryError(f"x={self.x!r} is no recorded key; expected a text, such as '{TIME_STEP}'.")
        if self.smooth is not None and not isinstance(self.smooth, Smoothing):
            raise QueryError(f"smooth={self.smooth!r} is no smoothing; expected rla.plot.Smoothing('trailing', 100).")
        if not isinstance(self.min_seeds_for_band, (int, np.integer)):
            raise QueryError(f"min_seeds_for_band={self.min_seeds_for_band!r} is no whole number.")
        if self.show_runs not in (True, False, "auto"):
            raise QueryError(f"show_runs={self.show_runs!r} is none of True, False, 'auto'.")


@dataclass(frozen=True, eq=False)
class RunLine:
    """One run as a line of a figure, over its whole range.

    Args:
        run: its id.
        x: shape (points,).
        y: shape (points,).
        status: of the run; ``"finished"``, ``"dead"``, ``"running"``, …
    """

    run: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    status: str


@dataclass(frozen=True, eq=False)
class Panel:
    """One axes of a figure: a metric on a task, or on all of them.

    Args:
        metric: the recorded key.
        task: the value of the key that panels are made by; empty where there is none, or where tasks are pooled.
        bands: arm → its estimate and band. An arm without any value here has a band without points.
        members: arm → its experiments here.
        curves: arm → the curves of these experiments, cleaned and normalised.
        settings: how they were made.
    """

    metric: str
    task: str
    bands: dict[str, Band]
    members: dict[str, tuple[Member, ...]]
    curves: dict[str, tuple[Curve, ...]]
    settings: Settings = field(default_factory=Settings)

    def run_lines(self, arm: str) -> list[RunLine]:
        """Return the runs of an arm that have values, smoothed as the arm is, each over its own range of x."""
        settings = self.settings
        pairs = [pair for pair in zip(self.curves[arm], self.members[arm], strict=True) if len(pair[0])]
        lines = smoothed([curve for curve, _ in pairs], settings.smooth)
        aligned = align_curves(lines, align=settings.align, x_range="union", grid=settings.grid)
        found = []
        for row, (curve, member) in zip(aligned.y, pairs, strict=True):
            there = ~np.isnan(row)
            found.append(RunLine(curve.run, aligned.x[there], row[there], member.experiment.status))
        return found


@dataclass(frozen=True, eq=False, repr=False)
class Curves(Drawable):
    """The numbers of a figure of learning curves, and what a reader should know of them.

    Args:
        panels: one for each metric and task, in the order in which they are shown.
        arms: the legends, in order; an arm has the same colour in all panels.
        settings: how the numbers were made.
        data_root: where the experiments are.
        notes: what a reader should know, a sentence each.
    """

    panels: tuple[Panel, ...]
    arms: tuple[str, ...]
    settings: Settings
    data_root: Path
    notes: tuple[str, ...] = ()

    def __getitem__(self, arm: str) -> Band:
        """Return the band of an arm; of a figure with one panel.

        Raises:
            QueryError: there are several panels, or there is no such arm.
        """
        if len(self.panels) != 1 or arm not in self.arms:
            raise QueryError(
                f"There are {len(self.panels)} panels with the arms {', '.join(map(repr, self.arms))}; "
                f"got '{arm}'. Use .panels[k].bands[arm]."
            )
        return self.panels[0].bands[arm]

    @property
    def experiments(self) -> list[str]:
        """The names of the experiments that are shown."""
        return sorted(
            {
                member.experiment.name
                for panel in self.panels
                for members in panel.members.values()
                for member in members
            }
        )

    @property
    def caption(self) -> str:
        """What a reader must know to believe the figure, in one line; it stands under the figure."""
        return caption_of(self)

    def draw(
        self,
        axes: Axes | Sequence[Axes] | None = None,
        *,
        size: tuple[float, float] | None = None,
        legend: str = "below",
        caption: bool | str = True,
        labels: Labels = None,
        colors: Mapping[str, str] | None = None,
        log: str = "",
        bound_lines: BoundLines = (),
        xlim: tuple[float | None, float | None] | None = None,
        ylim: tuple[float | None, float | None] | None = None,
        bands: bool | None = None,
        raw: bool = True,
    ) -> Figure:
        """Draw the curves: a row of panels for each metric, a column for each task, one legend, one line of text.

        Args:
            axes: axes to draw on, one for each panel. Nothing else of their figure is changed: it gets no legend
                (``axes.legend()`` makes one) and no caption. By default a new figure is made.
            size: width and height of the figure in inches; by default a column of a paper for one panel, and both
                columns for several.
            legend: ``"below"``, ``"right"`` or ``"none"``.
            caption: whether the line under the figure says what is shown; or another text.
            labels: arm → what the legend says instead; or a function of the arm. They may have formulas; names of
                experiments are drawn as they are.
            colors: arm → its colour.
            log: the axes that are logarithmic: ``"x"``, ``"y"`` or ``"both"``.
            bound_lines: horizontal lines, each ``(y, label)``, ``(y, label, color)`` or ``(y, label, color, style)``;
                or for each task or metric its own.
            xlim: the least and greatest x that is shown.
            ylim: the least and greatest y.
            bands: whether bands are drawn; by default where there are at most 10 arms.
            raw: whether curves that are smoothed are drawn pale too as they were.

        Returns:
            The figure. It belongs to the caller; pyplot does not know it.

        Raises:
            QueryError: an argument is none of these, or there are not as many axes as panels.
        """
        from rla.plot.figure.learning_curves import draw_curves
        from rla.plot.figure.look import Look

        look = Look(size, legend, caption, labels, colors, log, bound_lines, xlim, ylim, bands, raw)
        return draw_curves(self, axes, look)

    def sources(self) -> tuple[Path | None, list[str]]:
        return self.data_root, self.experiments

    def to_pandas(self, runs: bool = False) -> pandas.DataFrame:
        """Return what is drawn as one long table.

        Args:
            runs: a line for each point of each run (``metric``, ``task``, ``arm``, ``run``, ``status``, ``x``,
                ``value``), instead of one for each point of each arm (``metric``, ``task``, ``arm``, ``x``,
                ``estimate``, ``low``, ``high``, ``n``).
        """
        import pandas

        parts = [
            part
            for panel in self.panels
            for arm in panel.bands
            for part in (_run_tables(panel, arm) if runs else [_band_table(panel, arm)])
        ]
        table: pandas.DataFrame = pandas.concat([pandas.DataFrame(part) for part in parts], ignore_index=True)
        return table

    def manifest(self) -> dict[str, Any]:
        """Return what it takes to make the same figure again: version, settings, and the runs of each arm, as JSON."""
        settings = asdict(self.settings)
        if self.settings.normalize is not None:
            settings["normalize"] = {task: list(map(float, of)) for task, of in self.settings.normalize.items()}
        runs: dict[str, list[str]] = {arm: [] for arm in self.arms}
        for panel in self.panels:
            for arm, members in panel.members.items():
                runs[arm] += [member.experiment.name for member in members]
        return {
            "rla": __version__,
            "metrics": list(dict.fromkeys(panel.metric for panel in self.panels)),
            "settings": settings,
            "runs": {arm: list(dict.fromkeys(names)) for arm, names in runs.items()},
        }


def _band_table(panel: Panel, arm: str) -> dict[str, Any]:
    band = panel.bands[arm]
    return {
        **_columns_of_arm(panel, arm),
        "x": band.x,
        "estimate": band.centre,
        "low": band.low,
        "high": band.high,
        "n": band.n,
    }


def _run_tables(panel: Panel, arm: str) -> list[dict[str, Any]]:
    return [
        {**_columns_of_arm(panel, arm), "run": line.run, "status": line.status, "x": line.x, "value": line.y}
        for line in panel.run_lines(arm)
    ]


def _columns_of_arm(panel: Panel, arm: str) -> dict[str, str]:
    return {"metric": panel.metric, "task": panel.task, "arm": arm}
