"""Experiments → what a figure of their learning curves shows, as numbers: ``curves("data", "eval/return", "algo")``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from rla.errors import QueryError
from rla.names import TIME_STEP
from rla.plot.arms import POOLED, ArmChoice, Member, Source, arrange, experiments_from, task_key
from rla.plot.reading import RunCurves, read_curves, run_id
from rla.plot.statistics.aggregate import Band, aggregate_curves
from rla.plot.statistics.align import align_curves
from rla.plot.statistics.normalize import Table, normalize_curve
from rla.plot.statistics.series import Curve
from rla.plot.statistics.smooth import Smoothing, smoothed
from rla.query import Experiments
from rla.version import __version__

if TYPE_CHECKING:
    import pandas
    from numpy.typing import NDArray

__all__ = ["Curves", "Panel", "RunLine", "Settings", "curves"]

ENDED_WELL: Final = ("finished", "unknown")
"""A run of any other status is marked; of data of older tools, which have no run cards, the status is unknown."""

_NAMED: Final = 3
"""So many arms are named in a note."""


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


@dataclass(frozen=True, eq=False)
class Curves:
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
            settings["normalize"] = {task: list(scores) for task, scores in self.settings.normalize.items()}
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


def curves(
    source: Source,
    metrics: str | Sequence[str],
    arms: ArmChoice = None,
    *,
    by: str | None = "env_id",
    pool: bool = False,
    seed_key: str = "seed",
    x: str = TIME_STEP,
    x_range: str = "intersection",
    grid: int = 200,
    align: str = "auto",
    smooth: Smoothing | None = None,
    estimator: str = "iqm",
    band: str = "ci",
    level: float = 0.95,
    n_boot: int = 2000,
    min_seeds_for_band: int = 5,
    normalize: Table | None = None,
    show_runs: bool | str = "auto",
    show_n: bool = True,
) -> Curves:
    """Return what a figure of learning curves shows; nothing is drawn yet.

    Args:
        source: experiments (`rla.query.experiments`), or the data root whose experiments are meant.
        metrics: recorded keys; each has panels of its own.
        arms: what makes a curve: a hyper-parameter or several, conditions, legends with conditions, or a function of an
            experiment. By default the tracked hyper-parameters that differ.
        by: the hyper-parameter that makes panels, such as the environment; None for one panel. ``"env_id"`` does
            nothing where nobody has it.
        pool: one panel for all tasks, whose runs count together; scores need `normalize` then.
        seed_key: the hyper-parameter that tells the runs of an arm from each other.
        x: ``"time-step"``, ``"wall-time"`` (hours), ``"episodes"``, or any recorded key.
        x_range: ``"intersection"``, ``"union"`` or ``"hold"``; see `align_curves`.
        grid: the most points of a curve.
        align: ``"auto"``, ``"exact"``, ``"bin"``, ``"linear"`` or ``"hold"``; see `align_curves`.
        smooth: how each run is smoothed before anything else; None does not.
        estimator: ``"iqm"``, ``"mean"``, ``"median"``, …; see `estimate`.
        band: ``"ci"``, ``"t"``, ``"std"``, ``"sem"``, ``"minmax"``, ``"tolerance"`` or ``"none"``; see `estimate`.
        level: the confidence.
        n_boot: draws of the bootstrap: 2,000 to look, 10,000 for a figure that is kept, 50,000 for a paper.
        min_seeds_for_band: an arm with fewer runs is shown as its runs, without a band.
        normalize: task → (score that becomes 0, score that becomes 1).
        show_runs: whether each run is drawn as a thin line; ``"auto"`` where there is no band.
        show_n: whether the legend says how many runs an arm has.

    Raises:
        DataRootError: there is no such data root.
        QueryError: no experiment has a metric or a key, an arm is empty, or an argument is none of those above.
    """
    found = experiments_from(source)
    names = [metrics] if isinstance(metrics, str) else list(dict.fromkeys(metrics))
    if show_runs not in (True, False, "auto"):
        raise QueryError(f"show_runs={show_runs!r} is none of True, False, 'auto'.")
    key = task_key(found, by)
    members = arrange(found, arms, key, seed_key)
    tasks = list(dict.fromkeys(member.task for member in members))
    if pool and len(tasks) > 1 and normalize is None:
        raise QueryError(
            f"Scores of {len(tasks)} tasks ({', '.join(tasks[:5])}) are pooled on one scale only: pass "
            "normalize={task: (score of a random policy, score of a reference)}."
        )
    settings = Settings(
        x=x,
        by=key,
        pool=pool,
        seed_key=seed_key,
        x_range=x_range,
        grid=grid,
        align=align,
        smooth=smooth,
        estimator=estimator,
        band=band,
        level=level,
        n_boot=n_boot,
        min_seeds_for_band=min_seeds_for_band,
        normalize=normalize,
        show_runs=show_runs,
        show_n=show_n,
    )
    read = {run.experiment.name: run for run in _read(found, members, names, x)}
    panels = tuple(
        _panel(metric, task, [each for each in members if pool or each.task == task], read, settings)
        for metric in names
        for task in ([POOLED] if pool else tasks)
    )
    order = tuple(dict.fromkeys(member.arm for member in members))
    return Curves(panels, order, settings, found.data_root, tuple(_notes(members, read, panels, settings)))


def _read(found: Experiments, members: Iterable[Member], names: Sequence[str], x: str) -> list[RunCurves]:
    chosen = {member.experiment.name: member.experiment for member in members}
    return read_curves(list(chosen.values()), names, x, found.index_path)


def _panel(
    metric: str, task: str, members: Sequence[Member], read: Mapping[str, RunCurves], settings: Settings
) -> Panel:
    arms: dict[str, list[Member]] = {}
    for member in members:
        arms.setdefault(member.arm, []).append(member)
    lines = {
        arm: tuple(_curve(read[each.experiment.name].curves[metric], each.task, settings.normalize) for each in of_arm)
        for arm, of_arm in arms.items()
    }
    bands = aggregate_curves(
        lines,
        estimator=settings.estimator,
        band=settings.band,
        level=settings.level,
        n_boot=settings.n_boot,
        min_seeds_for_band=settings.min_seeds_for_band,
        x_range=settings.x_range,
        grid=settings.grid,
        align=settings.align,
        smooth=settings.smooth,
    )
    return Panel(metric, task, bands, {arm: tuple(of_arm) for arm, of_arm in arms.items()}, lines, settings)


def _curve(curve: Curve, task: str, table: Table | None) -> Curve:
    own = replace(curve, task=task)
    return own if table is None else normalize_curve(own, table)


def _notes(
    members: Sequence[Member], read: Mapping[str, RunCurves], panels: Sequence[Panel], settings: Settings
) -> Iterable[str]:
    """Yield what a reader should know: of runs, then of seeds, then of what is shown of each arm."""
    for run in read.values():
        for note in run.notes:
            yield f"Run '{run_id(run.experiment)}': left out {note}."
    unfinished = {each.experiment.name: each for each in members if each.experiment.status not in ENDED_WELL}
    for status, number in Counter(each.experiment.status for each in unfinished.values()).items():
        yield f"{number} {'run is' if number == 1 else 'runs are'} {status}."
    seeds = Counter((each.arm, each.task, each.seed) for each in members if each.seed)
    for (arm, task, seed), number in seeds.items():
        if number > 1:
            where = f" on {task}" if task else ""
            yield f"'{arm}'{where} has {number} runs of {settings.seed_key} {seed}."
    yield from _notes_of_bands(panels)


def _notes_of_bands(panels: Sequence[Panel]) -> Iterable[str]:
    """Yield the notes of all bands, equal ones once with whom they are about."""
    about: dict[str, list[str]] = {}
    for panel in panels:
        where = ", ".join(part for part in (panel.task, panel.metric if len(panels) > 1 else "") if part)
        for arm, band in panel.bands.items():
            for note in band.notes:
                about.setdefault(note, []).append(f"'{arm}'{f' ({where})' if where else ''}")
    everywhere = sum(len(panel.bands) for panel in panels)
    for note, names in about.items():
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        yield note if len(names) == everywhere > 1 else f"{', '.join(names[:_NAMED])}{more}: {note}"


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
