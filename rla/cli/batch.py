"""What `rm`, `archive`, `migrate` and `undo` have in common: a plan is shown, agreed to, and carried out."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from rla.cli.common import (
    as_json_option,
    counted,
    find_data_root,
    nearest_config,
    print_json,
    root_option,
    say,
    shown_moment,
    shown_size,
)
from rla.cli.plans import copies, print_plan, shown_names
from rla.cli.progress import slow_progress
from rla.config import load_settings
from rla.errors import BatchError, ConfigError

if TYPE_CHECKING:
    from rla.batch.plan import Outcome, Plan, Refusal

__all__ = ["Choice", "Words", "acting_options", "agreed", "carry_out", "check_choice", "trash_days", "undo_command"]

NOTHING_MATCHED: Final = 1
NOT_ALL: Final = 2
INTERRUPTED: Final = 130
"""Exit codes."""

_SHOWN_PROBLEMS: Final = 20
_DAY_SECONDS: Final = 86_400.0
_FOR_EVER: Final = "until the trash is emptied"


@dataclass(frozen=True)
class Choice:
    """How a command goes about it.

    Attributes:
        dry_run: show what would happen, and stop.
        yes: do it without asking.
        as_json: print JSON.
    """

    dry_run: bool
    yes: bool
    as_json: bool


@dataclass(frozen=True)
class Words:
    """What a command calls what it does; ``{}`` stands for the experiments.

    Attributes:
        would: what would happen: ``{} would go to the trash``.
        question: whether it shall: ``Move {} to the trash?``.
        doing: what is being done: ``Moving``.
        done: what was done: ``{} went to the trash``.
        nothing: what is said when there is nothing to do.
    """

    would: str
    question: str
    doing: str
    done: str
    nothing: str = "No experiment matches."


def acting_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options --dry-run, --yes, --root and --json."""
    function = as_json_option(function)
    function = root_option(function)
    function = click.option("-y", "--yes", is_flag=True, help="Do not ask.")(function)
    return click.option("--dry-run", is_flag=True, help="Show what would happen, and stop.")(function)


def check_choice(dry_run: bool, yes: bool, as_json: bool) -> Choice:
    """Return how a command goes about it.

    Raises:
        UsageError: a machine cannot be asked.
    """
    if as_json and not (dry_run or yes):
        raise click.UsageError(
            "With --json nobody is asked: add --yes to do it, or --dry-run to see what would happen."
        )
    return Choice(dry_run, yes, as_json)


def carry_out(plans: Sequence[Plan], words: Words, choice: Choice, is_list: bool = False) -> int:
    """Show plans, ask, act on them, say what came of it, and return the exit code.

    Args:
        plans: one, or several of different operations that are taken back.
        words: what to call it.
        choice: what the options say.
        is_list: whether JSON is a list, of one plan too.
    """
    if not choice.as_json:
        for plan in plans:
            print_plan(plan, words.would)
    number = sum(len(plan.items) for plan in plans)
    if choice.dry_run or not number:
        return _without_acting(plans, number, words, choice, is_list)
    if not choice.yes and not agreed(words.question.format(counted(number, "experiment"))):
        return NOTHING_MATCHED
    outcomes = _apply(plans, words.doing, number)
    if choice.as_json:
        items = [_as_item(plan, outcome) for plan, outcome in zip(plans, outcomes, strict=False)]
        print_json(items if is_list else items[0])
    else:
        for plan, outcome in zip(plans, outcomes, strict=False):
            _tell(plan, outcome, words)
    if any(outcome.interrupted for outcome in outcomes):
        return INTERRUPTED
    left = any(
        [*plan.refused, *outcome.refused, *outcome.failed] for plan, outcome in zip(plans, outcomes, strict=True)
    )
    return NOT_ALL if left else 0


def agreed(question: str) -> bool:
    """Ask whether something shall be done; no is the answer of who only presses return.

    Raises:
        BatchError: there is nobody to ask.
    """
    if sys.stdin is None or not sys.stdin.isatty():
        raise BatchError("Nothing was changed: there is no terminal to ask on. Add --yes to do it.")
    try:
        answer = click.confirm(f"\n{question}", default=False, err=True)
    except click.Abort:  # Ctrl-C, or the end of the input
        click.echo(err=True)
        answer = False
    if not answer:
        click.echo("Nothing was changed.", err=True)
    return answer


def trash_days(data_root: Path) -> float | None:
    """Return for how many days the trash keeps experiments, where another file than that in the data root says it.

    It is the nearest rla_config.yaml, when it names this data root, and there is none in it.
    """
    config = nearest_config()
    if config is None or os.path.isfile(data_root / config.name):
        return None
    settings = load_settings(config)
    named = settings.data_root or config.parent
    return settings.trash_days if os.path.realpath(named) == os.path.realpath(data_root) else None


def undo_command(data_root: Path) -> str:
    """Return the command that takes the last operation in a data root back, as it can be typed here."""
    if os.path.realpath(find_data_root(None)) == os.path.realpath(data_root):
        return "rla undo"
    near = os.path.relpath(data_root)
    return f"rla undo --root {shlex.quote(str(data_root) if near.startswith(os.pardir) else near)}"


def _without_acting(plans: Sequence[Plan], number: int, words: Words, choice: Choice, is_list: bool) -> int:
    from rla.batch.plan import Outcome

    refused = any(plan.refused for plan in plans)
    current = sum(plan.current for plan in plans)
    if choice.as_json:
        acted = [_plan_as_item(plan) if choice.dry_run else _as_item(plan, Outcome(plan.kind)) for plan in plans]
        print_json(acted if is_list else acted[0])
    elif current:
        say(f"{copies(current)} up to date already.")
    elif not number and not refused:
        say(words.nothing)
    if number or current:
        return 0
    return NOT_ALL if refused else NOTHING_MATCHED


def _apply(plans: Sequence[Plan], doing: str, number: int) -> list[Outcome]:
    from rla.batch.applying import apply

    outcomes: list[Outcome] = []
    with slow_progress(doing, number) as show:
        for plan in plans:
            before = sum(len(earlier.items) for earlier in plans[: len(outcomes)])

            def progress(done: int, total: int, before: int = before) -> None:
                show(before + done, number)

            outcomes.append(apply(plan, progress, trash_days(plan.data_root)))
            if outcomes[-1].interrupted:
                break
    return outcomes


def _tell(plan: Plan, outcome: Outcome, words: Words) -> None:
    from rla.batch.record import DELETION

    _complain(outcome.refused)
    _complain(outcome.failed)
    if outcome.interrupted:
        number = counted(len(plan.items), "experiment")
        say(f"Interrupted after {len(outcome.done):,} of {number}. The others are as they were.")
    if not outcome.done:
        say("Nothing was changed.")
        return
    line = f"{words.done.format(counted(len(outcome.done), 'experiment'))}: {shown_size(outcome.size)}."
    if outcome.kind == DELETION:
        line += f" `{undo_command(plan.data_root)}` brings them back, {_until(plan.data_root)}."
    elif plan.undoes is None:
        line += f" `{undo_command(plan.data_root)}` takes the copies away."
    say(line)
    if outcome.freed:
        say(f"Removed for good, since they had been in the trash for long enough: {shown_size(outcome.freed)}.")


def _until(data_root: Path) -> str:
    """Return how long what is deleted now stays in the trash."""
    from rla.batch.trash import kept_days

    try:
        days = trash_days(data_root)
        days = kept_days(data_root) if days is None else days
        return f"until {shown_moment(time.time() + days * _DAY_SECONDS)} at least" if days > 0 else _FOR_EVER
    except (ConfigError, OverflowError):  # the file is told of by who empties the trash
        return _FOR_EVER


def _complain(refusals: Sequence[Refusal]) -> None:
    names = shown_names([refusal.name for refusal in refusals])
    for name, refusal in list(zip(names, refusals, strict=True))[:_SHOWN_PROBLEMS]:
        click.echo(f"{click.style('error:', fg='red', bold=True)} {name}: {refusal.reason}", err=True)
    if len(refusals) > _SHOWN_PROBLEMS:
        click.echo(f"… and {len(refusals) - _SHOWN_PROBLEMS:,} more.", err=True)


def _plan_as_item(plan: Plan) -> dict[str, Any]:
    """Return a plan as JSON for machines."""
    known = plan.as_dict()
    if plan.undoes is not None:  # how much lies in which tree was not written down
        del known["trees"], known["files"]
        known["items"] = [item | {"trees": list(item["trees"])} for item in known["items"]]
    return known


def _as_item(plan: Plan, outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as JSON for machines, with all that were refused."""
    refused = [vars(refusal) for refusal in (*plan.refused, *outcome.refused)]
    return outcome.as_dict() | {"refused": refused, "current": plan.current}
