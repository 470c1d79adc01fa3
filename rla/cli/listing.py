"""Experiments as a table for people, as names for other commands, as JSON for machines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from rla.cli.columns import Choice, by_interest, choose_columns, short_names
from rla.cli.common import console, print_json, print_table
from rla.errors import did_you_mean, printable
from rla.names import TREES

if TYPE_CHECKING:
    from rla.database.trees import ExperimentPlace
    from rla.query.experiment import Experiment
    from rla.query.search import Experiments

__all__ = [
    "as_item",
    "by_interest",
    "fresh_option",
    "listing_options",
    "print_experiments",
    "short_names",
    "without_path",
]

_LONGEST_LINE: Final = 2_000
_LONGEST_PROBLEM: Final = 200


def fresh_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option --fresh."""
    text = "Read every experiment anew, also those that have long ended."
    return click.option("--fresh", is_flag=True, help=text)(function)


def listing_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say which experiments are shown, and how."""
    options: tuple[Callable[..., Any], ...] = (
        click.option("-n", "--limit", default=50, show_default=True, help="Show so many, the last; 0 for all."),
        click.option("-k", "--key", "keys", multiple=True, help="Show this value, too; may be given several times."),
        click.option("-s", "--sort", metavar="KEY", help="In the order of a value; -KEY: the largest first."),
        click.option("--names", is_flag=True, help="Print names alone, one on a line, for other commands."),
    )
    for option in (*reversed(options), fresh_option):
        function = option(function)
    return function


def print_experiments(
    found: Experiments,
    keys: Sequence[str],
    sort: str | None,
    limit: int,
    names: bool,
    as_json: bool,
    asked: Sequence[str] = (),
) -> int:
    """Print experiments as the options ask for.

    Args:
        asked: the keys that they were looked for by; as options have them all others.

    Returns:
        How many there are.
    """
    if sort:
        found = found.sorted_by(sort.removeprefix("-"), descending=sort.startswith("-"))
    shown = found if limit <= 0 else found[:limit] if sort else found[-limit:]
    if as_json:
        shown.find_sizes()
        print_json([as_item(experiment) for experiment in shown])
    elif names:
        for experiment in shown:
            click.echo(printable(experiment.name))
    elif shown:
        experiments = list(shown)
        by = sort.removeprefix("-") if sort else None
        _print(experiments, choose_columns(experiments, list(dict.fromkeys(keys)), asked, by, console().width))
        if len(shown) < len(found):
            which = "the first" if sort else "the newest"
            console().print(f"{len(shown)} of {len(found)} experiments, {which}; -n 0 shows all.")
    return len(found)


def as_item(experiment: Experiment) -> dict[str, Any]:
    """Return an experiment as JSON for machines."""
    return {
        "task": experiment.task,
        "name": experiment.name,
        "record_date": experiment.record_date,
        "node": experiment.node,
        "status": experiment.status,
        "problem": experiment.problem,
        "tags": experiment.tags,
        "parameters": experiment.stored_parameters,
        "step": experiment.step,
        "last": experiment.last,
        "facts": {name: value for name, value in experiment.facts.items() if name != "tags"},
        "path": str(experiment.log_dir),
    }


def _print(experiments: Sequence[Experiment], choice: Choice) -> None:
    columns = choice.columns
    rows = list(zip(*(column.cells for column in columns), strict=True))
    print_table([column.name for column in columns], rows, numbers={each.name for each in columns if each.is_number})
    lines = []
    if choice.alike:
        lines.append("in all of them: " + _pairs(choice.alike))
    if choice.left_out and len(experiments) == 1:
        lines.append("also: " + _pairs(choice.left_out))
    elif choice.left_out:
        lines.append(f"differ too: {', '.join(choice.left_out)} (-k KEY shows one)")
    if choice.unknown:
        known = {key for each in experiments for key in (*each.facts, *each.flat_parameters, *each.last)}
        lines += [f"None of these has a value '{key}'.{did_you_mean(key, known)}" for key in choice.unknown]
    dates = zip(experiments, short_names(experiments), strict=True)
    lines += [f"{date}: {_briefly(each)}" for each, date in dates if each.problem]
    for line in lines:
        console().print(
            printable(line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…"),
            highlight=False,
            markup=False,
            soft_wrap=True,
        )


def _pairs(values: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in values.items())


def without_path(problem: str, place: ExperimentPlace) -> str:
    """Return what is wrong with an experiment, with the names of its folders cut short."""
    for tree in TREES:
        problem = problem.replace(place.path_text(tree).removesuffix(".pkl"), f"{tree}/…")
    return problem


def _briefly(experiment: Experiment) -> str:
    """Return the first problem of an experiment in one line, with short paths."""
    first, *others = (experiment.problem or "").split("; ")
    text = without_path(" ".join(first.split()), experiment.place)
    text = text if len(text) <= _LONGEST_PROBLEM else f"{text[: _LONGEST_PROBLEM - 1]}…"
    return f"{text} (and {len(others)} more, see --json)" if others else text
