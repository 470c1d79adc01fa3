"""`rla trash`: what was deleted, for a while."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from rla.cli.batch import Words, acting_options, agreed, carry_out, check_choice
from rla.cli.common import (
    as_json_option,
    counted,
    find_data_root,
    print_json,
    print_table,
    root_option,
    say,
    shown_moment,
    shown_size,
)
from rla.cli.progress import slow_progress
from rla.cli.undo import complete_operation, operation_as_item, put_in_order
from rla.errors import AmbiguousExperimentError, BatchError, ExperimentNotFoundError, QueryError

if TYPE_CHECKING:
    from rla.batch.operation import Operation

__all__ = ["trash"]

_SHOWN: Final = 20
_SHOWN_NAMES: Final = 10
_GLOB: Final = frozenset("*?[")


@click.group()
def trash() -> None:
    """Show what was deleted, bring some of it back, or free the disk.

    What leaves its place goes to .rla/trash in the data root, a folder for each operation, and stays there for
    TRASH_DAYS (rla_config.yaml) at least. What is older is removed for good whenever experiments are deleted.

    \b
    Examples:
      rla trash list
      rla trash restore 13-05-01
      rla trash empty --older-than 3d
    """


@trash.command("list")
@root_option
@as_json_option
def list_trash(root: str | None, as_json: bool) -> None:
    """List what is in the trash, the newest last.

    Each line is an operation; `rla undo` takes the operation back. One that replaced copies has the earlier ones here.

    \b
    Examples:
      rla trash list
      rla trash list --json | jq -r '.[].id'
    """
    from rla.batch.trash import trash_of

    data_root = find_data_root(root)
    found = trash_of(data_root)
    if as_json:
        print_json([_as_item(operation) for operation in found])
    elif found:
        _print(found)
    else:
        say(f"The trash of '{data_root}' is empty.")


@trash.command("restore")
@click.argument("what", shell_complete=complete_operation)
@acting_options
@click.pass_context
def restore(context: click.Context, what: str, dry_run: bool, yes: bool, root: str | None, as_json: bool) -> None:
    """Bring deleted experiments back.

    WHAT is any part of a name that only one experiment in the trash has; a pattern (a glob, or `re:` and a regular
    expression), which takes all that match; or the id of an operation. The exit code is 2 when the place of one is
    taken: that one stays in the trash.

    \b
    Examples:
      rla trash restore 13-05-01
      rla trash restore '*lr=0.001*'
      rla trash restore 're:demo_task/2026/11/2[01]'
      rla trash restore 20261120-093000-000000-delete
    """
    choice = check_choice(dry_run, yes, as_json)
    data_root = find_data_root(root)
    put_in_order(data_root, choice)
    from rla.batch.record import DELETION
    from rla.batch.trash import trash_of
    from rla.batch.undo import plan_undo

    every = trash_of(data_root)
    deletions = [operation for operation in every if operation.kind == DELETION]
    chosen = _chosen(data_root, what, every, deletions)
    plans = [plan_undo(operation, names.__contains__) for operation, names in chosen]
    words = Words("{} would come back", "Bring {} back?", "Moving", "{} came back")
    context.exit(carry_out(plans, words, choice, is_list=True))


@trash.command("empty")
@click.option("--older-than", metavar="DURATION", help="What is older than this, such as 14d, 12h or 2w.")
@click.option("--all", "everything", is_flag=True, help="Everything.")
@acting_options
@click.pass_context
def empty(
    context: click.Context,
    older_than: str | None,
    everything: bool,
    dry_run: bool,
    yes: bool,
    root: str | None,
    as_json: bool,
) -> None:
    """Remove for good what is in the trash, and free the disk.

    Without --older-than and --all, what has been there for as long as TRASH_DAYS said when it was deleted. Code that no
    experiment has any more leaves the code store, too. What goes is shown first, and then asked: nothing brings it
    back.

    \b
    Examples:
      rla trash empty
      rla trash empty --older-than 3d --dry-run
      rla trash empty --all --yes
    """
    choice = check_choice(dry_run, yes, as_json)
    if everything and older_than is not None:
        raise click.UsageError("Give --older-than or --all, not both.")
    seconds = 0.0 if everything else None if older_than is None else _duration(older_than)
    data_root = find_data_root(root)
    put_in_order(data_root, choice)
    from rla.batch.trash import expired, leftovers

    every = expired(data_root, seconds)
    going = [operation for operation in every if operation.trash.is_dir()]
    if not as_json:
        _print_going(going, len(every) - len(going))
    if choice.dry_run or not (going or leftovers(data_root)):
        if as_json:
            print_json([_as_item(operation) for operation in going] if choice.dry_run else _NOTHING)
        elif not going:
            say("Nothing in the trash is that old." if not everything else f"The trash of '{data_root}' is empty.")
        return
    if not choice.yes and not agreed(f"Remove {_number(going)} for good?"):
        context.exit(1)
    context.exit(_empty(data_root, seconds, len(going), as_json))


_NOTHING: Final = {"operations": 0, "experiments": 0, "freed": 0, "bodies": 0, "problems": []}


def _empty(data_root: Path, seconds: float | None, number: int, as_json: bool) -> int:
    from rla.batch.trash import empty_trash

    with slow_progress("Removing", number) as progress:
        done = empty_trash(data_root, seconds, progress)
    if as_json:
        print_json(vars(done))
        return 2 if done.problems else 0
    for problem in done.problems:
        click.echo(f"{click.style('error:', fg='red', bold=True)} {problem}", err=True)
    code = f", with {counted(done.bodies, 'file')} of code that no experiment has any more" if done.bodies else ""
    say(f"{counted(done.experiments, 'experiment')} removed for good: {shown_size(done.freed)} are free again{code}.")
    return 2 if done.problems else 0


def _duration(text: str) -> float:
    """Return a duration in seconds, as conditions have them: ``14d``.

    Raises:
        UsageError: it is none.
    """
    from rla.database.expression.literals import DURATIONS, read_number

    number = read_number(text)
    if number is None or not 0 <= number < float("inf") or not text.lower().endswith(tuple(DURATIONS)):
        raise click.UsageError(f"'{text}' is no duration. Write a number and one of {' '.join(DURATIONS)}: 14d, 12h.")
    return number


def _chosen(
    data_root: Path, what: str, every: Sequence[Operation], deletions: Sequence[Operation]
) -> list[tuple[Operation, set[str]]]:
    """Return the deletions that something names, each with its experiments that are meant; the newest first.

    Raises:
        BatchError: it is the id of another operation.
        ExperimentNotFoundError: nothing in the trash has this name.
        AmbiguousExperimentError: several experiments have it.
        QueryError: it is no pattern.
    """
    if len(named := [operation for operation in every if what and operation.id.startswith(what)]) == 1:
        if named[0] not in deletions:
            raise BatchError(f"'{named[0].id}' deleted nothing; `rla undo {named[0].id}` takes it back.")
        return [(named[0], {entry.full_name for entry in named[0].entries})]
    names = {entry.full_name for operation in deletions for entry in operation.entries}
    found = set(_select(what)(names))
    if not found:
        raise ExperimentNotFoundError(
            f"Nothing in the trash of '{data_root}' has '{what}' in its name ({len(names)} experiments looked at). "
            "`rla trash list` shows what is there."
        )
    if len(found) > 1 and not _is_pattern(what):
        exact = {name for name in found if f"&{what}&" in f"{name}&" or name == what}
        if len(exact) != 1:
            hint = f" The pattern '*{what}*' takes all."
            raise AmbiguousExperimentError(what, sorted(found)[-_SHOWN_NAMES:], hint, len(found))
        found = exact
    meant = [(operation, {entry.full_name for entry in operation.entries} & found) for operation in reversed(deletions)]
    return [(operation, names) for operation, names in meant if names]


def _is_pattern(what: str) -> bool:
    from rla.database.patterns import REGULAR_EXPRESSION

    return what.startswith(REGULAR_EXPRESSION) or bool(_GLOB & set(what))


def _select(what: str) -> Callable[[set[str]], list[str]]:
    from rla.database.patterns import compile_name_pattern

    if not what.strip():
        raise QueryError("Which experiments? Give a part of a name, a pattern such as '*lr=0.1*', or an operation.")
    if _is_pattern(what):
        return lambda names: compile_name_pattern(what).select(names)
    return lambda names: [name for name in names if what in name]


def _print(operations: Sequence[Operation]) -> None:
    from rla.batch.trash import bytes_in_trash, kept_until, number_in_trash

    rows = [
        [
            each.id,
            each.user,
            f"{number_in_trash(each):,}",
            shown_size(bytes_in_trash(each)),
            shown_moment(until) if (until := kept_until(each)) is not None else "emptied",
        ]
        for each in operations[-_SHOWN:]
    ]
    print_table(["operation", "by", "runs", "size", "kept until"], rows, numbers=("runs", "size"))
    if len(operations) > _SHOWN:
        say(f"{_SHOWN} of {len(operations)} operations, the newest; --json has all.")


def _print_going(going: Sequence[Operation], others: int) -> None:
    if going:
        _print(going)
        say(f"{_number(going)} would be removed for good.")
        if others:
            say(f"{counted(others, 'operation')} that left nothing here can then not be undone any more, either.")


def _number(operations: Sequence[Operation]) -> str:
    from rla.batch.trash import bytes_in_trash, number_in_trash

    size = shown_size(sum(map(bytes_in_trash, operations)))
    return f"{counted(sum(map(number_in_trash, operations)), 'experiment')} ({size})"


def _as_item(operation: Operation) -> dict[str, Any]:
    from rla.batch.trash import bytes_in_trash, kept_until, number_in_trash

    return operation_as_item(operation) | {
        "experiments": number_in_trash(operation),
        "size": bytes_in_trash(operation),
        "kept_until": kept_until(operation),
        "path": str(operation.trash),
    }
