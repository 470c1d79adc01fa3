"""`rla plot`: learning curves of experiments as a figure, and where they end."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from rla.cli.choosing import find_experiments
from rla.cli.common import (
    as_json_option,
    complete_run,
    complete_task,
    console,
    find_data_root,
    print_json,
    print_table,
    reading_progress,
    root_option,
    say,
    shown_number,
)
from rla.cli.listing import fresh_option
from rla.errors import QueryError

if TYPE_CHECKING:
    from rla.plot import Band, Curves, Smoothing
    from rla.query.search import Experiments

__all__ = ["plot"]

LONGEST_NAME: Final = 80
WIDEST: Final = 20
NARROWEST: Final = 8
"""Curves that have less room than this are not shown."""

METRICS_LISTED: Final = 100

_LARGE: Final = 1e3
_HUGE: Final = 1e15

_X_NAMES: Final = {"wall-time": "hours"}

_OPTIONS: Final[tuple[Callable[..., Any], ...]] = (
    click.option("-m", "--metric", "metrics", metavar="KEY", multiple=True, help="A recorded key; several: panels."),
    click.option("-o", "--out", metavar="FILE", help="….pdf, ….svg or ….png; by default ….png, named by the metric."),
    click.option(
        "--arms", metavar="WHAT", multiple=True, help="A hyper-parameter, or conditions: an arm for each. See above."
    ),
    click.option(
        "--by", metavar="KEY", default="env_id", show_default=True, help="A panel for each value; '' for one panel."
    ),
    click.option(
        "--x", metavar="KEY", default="time-step", show_default=True, help="time-step, wall-time, episodes, or a key."
    ),
    click.option(
        "--x-range", metavar="RANGE", default="intersection", show_default=True, help="intersection, union or hold."
    ),
    click.option("--smooth", metavar="HOW", help="trailing:100 (points), trailing:50k:x, time-weighted:0.9."),
    click.option("--estimator", metavar="NAME", default="iqm", show_default=True, help="iqm, mean, median, …"),
    click.option(
        "--band", metavar="NAME", default="ci", show_default=True, help="ci, t, sem, std, minmax, tolerance, none, …"
    ),
    click.option("--level", type=float, default=0.95, show_default=True, help="The confidence of the band."),
    click.option("--n-boot", type=int, default=10_000, show_default=True, help="Draws of the bootstrap."),
    click.option("--log", type=click.Choice(["x", "y", "both"]), help="Logarithmic axes."),
    click.option("--csv", is_flag=True, help="Write the numbers beside the figure, as ….csv."),
    click.option("--task", shell_complete=complete_task, help="Look into this task table only."),
)


def _with_options(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@click.command()
@click.argument("what", required=False, shell_complete=complete_run)
@_with_options
@fresh_option
@root_option
@as_json_option
def plot(
    what: str | None,
    metrics: tuple[str, ...],
    out: str | None,
    arms: tuple[str, ...],
    smooth: str | None,
    log: str | None,
    csv: bool,
    task: str | None,
    fresh: bool,
    root: str | None,
    as_json: bool,
    by: str,
    **settings: Any,
) -> None:
    """Draw learning curves, and show where they end.

    WHAT are the experiments: a glob under the task (a date folder stands for all below it), `re:` and a regular
    expression, a condition (see docs/expressions.md), or a part of one name; all when left out. An arm is a curve with
    its band. By default the tracked hyper-parameters that differ make the arms; --arms names others, or conditions.
    Without -m, the metrics that there are are listed.

    The line is the interquartile mean of the runs, the band its bootstrap interval; arms with fewer than 5 runs are
    drawn as their runs. The figure is saved, and replaces one that is there; under it stands what it shows.

    \b
    Examples:
      rla plot -m eval/return
      rla plot '2026/11/*' --task demo_task -m eval/return -o fig.pdf
      rla plot 'env_id=Hopper-v4' -m eval/return -m train/loss --arms algo
      rla plot -m eval/return --arms 'algo=sac and lr<1e-3' --arms algo=td3
      rla plot -m rollout/ep_rew_mean --smooth trailing:100 --x wall-time
      rla plot -m eval/return --json | jq '.ends[] | [.arm, .estimate]'
    """
    data_root = find_data_root(root)
    smoothing = _smoothing(smooth)
    target = _target(out, metrics) if metrics else None
    with reading_progress() as progress:
        found = find_experiments(data_root, what, task, fresh, progress)
        number = len(found)
    from rla.plot.arms import experiments_from

    if target is None:
        _list_metrics(experiments_from(found), as_json)
        return
    from rla.cli.progress import slow_progress
    from rla.plot import curves

    chosen = arms[0] if len(arms) == 1 else list(arms) or None
    with slow_progress("Reading curves", number) as progress:
        shown = curves(found, metrics, chosen, by=by or None, smooth=smoothing, progress=progress, **settings)
    shown.save(target, csv=csv, log=log or "")
    if as_json:
        print_json(_as_item(shown, target, csv))
    else:
        _print(shown, target, csv)


def _smoothing(text: str | None) -> Smoothing | None:
    """Return how runs are smoothed: ``trailing:100``, ``trailing:50k:x``, ``time-weighted:0.9``.

    Raises:
        UsageError: the text says something else.
    """
    if text is None:
        return None
    from rla.database.expression.literals import read_number
    from rla.plot import Smoothing

    kind, _, rest = text.partition(":")
    amount, _, unit = rest.partition(":")
    number = read_number(amount)
    if number is None:
        raise click.UsageError(
            f"--smooth '{text}' is no smoothing; expected a kind and how much, such as trailing:100 (points), "
            "trailing:50k:x (of x), time-weighted:0.9 or tensorboard:0.6."
        )
    return Smoothing(kind, number, unit or "points")


def _target(out: str | None, metrics: Sequence[str]) -> Path:
    """Return where the figure is saved.

    Raises:
        QueryError: in no format that there is; or, where the name was not given, over a file that is no such figure.
    """
    from rla.plot.figure.saving import format_of
    from rla.plot.manifest import read_manifest

    if out is not None:
        format_of(out)
        return Path(out)
    name = re.sub(r"[^\w.-]+", "_", "-".join(dict.fromkeys(metrics))).strip("._-")[:LONGEST_NAME] or "curves"
    target = Path(f"{name}.png")
    if target.exists():
        try:
            read_manifest(target)
        except QueryError as error:
            raise QueryError(f"'{target}' is there, and is no figure of rla. Name another file: -o FILE.") from error
    return target


def _list_metrics(found: Experiments, as_json: bool) -> None:
    """Print the metrics that there are, the most common first."""
    from rla.cli.sparkline import by_interest

    counts: Counter[str] = Counter()
    for experiment in found:
        counts.update(key for key, value in experiment.last.items() if isinstance(value, (int, float)))
    ordered = sorted(by_interest(sorted(counts)), key=lambda key: -counts[key])
    if as_json:
        print_json([{"metric": key, "runs": counts[key]} for key in ordered])
        return
    if not ordered:
        say(f"None of these {len(found)} experiments has recorded a number.")
        return
    say(f"Which metric? These {len(found)} experiments have recorded:")
    print_table(["metric", "runs"], [[key, f"{counts[key]:,}"] for key in ordered[:METRICS_LISTED]], numbers=["runs"])
    if len(ordered) > METRICS_LISTED:
        say(f"{len(ordered) - METRICS_LISTED:,} more: rla plot --json.")
    say(f"Draw one: rla plot … -m {ordered[0]}")


def _as_item(shown: Curves, target: Path, csv: bool) -> dict[str, Any]:
    return {
        "path": str(target.absolute()),
        "csv": str(target.with_suffix(".csv").absolute()) if csv else None,
        "caption": replace(shown, notes=()).caption,
        "notes": list(shown.notes),
        "ends": [end for end, _ in _ends(shown)],
        "manifest": shown.manifest(),
    }


def _ends(shown: Curves) -> Iterator[tuple[dict[str, Any], Band]]:
    """Yield where each arm ends, panel by panel; None stands for what is not there."""
    for panel in shown.panels:
        for arm in shown.arms:
            if (band := panel.bands.get(arm)) is None:
                continue
            last = {"x": band.x, "estimate": band.centre, "low": band.low, "high": band.high}
            values = {name: float(array[-1]) if len(array) else None for name, array in last.items()}
            there = {name: None if value != value else value for name, value in values.items()}
            number = int(band.n[-1]) if len(band.n) else 0
            yield {"metric": panel.metric, "task": panel.task, "arm": arm, **there, "n": number}, band


def _print(shown: Curves, target: Path, csv: bool) -> None:
    metrics = list(dict.fromkeys(panel.metric for panel in shown.panels))
    for metric in metrics:
        ends = [(end, band) for end, band in _ends(shown) if end["metric"] == metric]
        _print_ends(ends, shown, metric if len(metrics) > 1 else None)
    say(replace(shown, notes=()).caption)
    for note in shown.notes:
        say(f"- {note}")
    say(f"Saved as {target}" + (f" and {target.with_suffix('.csv')}" if csv else ""))


def _print_ends(ends: Sequence[tuple[dict[str, Any], Band]], shown: Curves, title: str | None) -> None:
    """Print the table of a metric; the curves are as wide as the terminal allows."""
    from rla.cli.sparkline import BLOCKS, sparkline
    from rla.plot.caption import SHORT_NAMES

    texts = ["task", "arm"] if len({end["task"] for end, _ in ends}) > 1 else ["arm"]
    x, estimator = shown.settings.x, shown.settings.estimator
    numbers = {"x": _X_NAMES.get(x, x), "estimate": SHORT_NAMES.get(estimator, estimator), "low": "low", "high": "high"}
    columns = [*texts, *numbers.values(), "n"]
    rows = [
        [*(end[name] for name in texts), *(_number(end[name]) for name in numbers), str(end["n"])] for end, _ in ends
    ]
    taken = sum(max(map(len, column)) + 2 for column in zip(columns, *rows, strict=True))
    width = min(console().width - taken - 2, WIDEST)
    if width >= NARROWEST and BLOCKS.encode(console().encoding, "ignore"):
        columns.insert(len(texts), "curve")
        for row, (_, band) in zip(rows, ends, strict=True):
            row.insert(len(texts), sparkline(band.centre, width))
    print_table(columns, rows, title=title, numbers=(*numbers.values(), "n"))


def _number(value: float | None) -> str:
    """Return a number for the table; large ones, such as time steps, without a fraction."""
    if value is None or not (value.is_integer() or abs(value) >= _LARGE) or abs(value) >= _HUGE:
        return shown_number(value)
    return f"{value:,.0f}"
