"""Experiments → what a figure of their learning curves shows, as numbers: ``curves("data", "eval/return", "algo")``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from rla.errors import QueryError
from rla.names import TIME_STEP
from rla.plot.arms import POOLED, ArmChoice, Member, Source, arms_in_order, arrange, experiments_from, task_key
from rla.plot.curve_notes import notes_on_curves
from rla.plot.panels import Curves, Panel, Settings
from rla.plot.reading import RunCurves, left_out, read_curves
from rla.plot.statistics.aggregate import aggregate_curves
from rla.plot.statistics.normalize import Table, normalize_curve
from rla.plot.statistics.series import Curve
from rla.plot.statistics.smooth import Smoothing

__all__ = ["curves"]


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
    progress: Callable[[int, int], object] = lambda done, total: None,
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
        progress: is told how many experiments were read, and how many there are to read.

    Raises:
        DataRootError: there is no such data root.
        QueryError: no experiment has a metric or a key, an arm is empty, or an argument is none of those above.
    """
    found = experiments_from(source)
    names = _names(metrics)
    key = task_key(found, by)
    members = arrange(found, arms, key, seed_key)
    tasks = list(dict.fromkeys(member.task for member in members))
    if pool and len(tasks) > 1 and normalize is None:
        raise QueryError(
            f"Scores of {len(tasks)} tasks ({', '.join(tasks[:5])}) are pooled on one scale only: pass "
            "normalize={task: (score of a random policy, score of a reference)}."
        )
    if normalize is not None and key is None:
        raise QueryError("normalize= holds scores of tasks, of which there are none: by= names the hyper-parameter.")
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
    chosen = {member.experiment.name: member.experiment for member in members}
    parts = read_curves(list(chosen.values()), names, x, found.index_path, progress)
    read = {run.experiment.name: run for run in parts}
    panels = tuple(
        _panel(metric, task, [each for each in members if pool or each.task == task], read, settings)
        for metric in names
        for task in ([POOLED] if pool else tasks)
    )
    if not any(len(curve) for panel in panels for of_arm in panel.curves.values() for curve in of_arm):
        raise QueryError(" ".join([f"There are no values of {', '.join(names)} over {x}.", *left_out(read.values())]))
    order = arms_in_order(members, arms)
    return Curves(panels, order, settings, found.data_root, tuple(notes_on_curves(members, read, panels, settings)))


def _names(metrics: str | Sequence[str]) -> list[str]:
    names = [metrics] if isinstance(metrics, str) else list(metrics) if isinstance(metrics, Iterable) else [metrics]
    if not names or not all(isinstance(name, str) for name in names):
        raise QueryError(f"Metrics are names of recorded keys, such as 'eval/return'; got {metrics!r}.")
    return list(dict.fromkeys(names))


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
