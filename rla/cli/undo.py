"""`rla undo`: an operation is taken back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rla.cli.batch import Choice, Words, acting_options, carry_out, check_choice
from rla.cli.common import counted, find_data_root, print_json, print_table, say, shown_moment, shown_size
from rla.cli.plans import by_and_when
from rla.errors import BatchError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from rla.batch.operation import Operation

__all__ = ["complete_operation", "operation_as_item", "put_in_order", "undo", "words_of_undo"]

_COMING_BACK = Words("{} would come back", "Bring {} back?", "Moving", "{} came back")
_SHOWN = 20


def complete_operation(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the id of an operation that can be taken back, the newest first."""
    from click.shell_completion import CompletionItem

    from rla.batch.undo import undoable
    from rla.errors import RLAError

    try:
        known = undoable(find_data_root(ctx.params.get("root")))
    except (RLAError, OSError):
        return []
    return [CompletionItem(each.id) for each in reversed(known) if each.id.startswith(incomplete)]


@click.command()
@click.argument("operation", required=False, shell_complete=complete_operation)
@click.option("--list", "listing", is_flag=True, help="List the operations that can be taken back.")
@acting_options
@click.pass_context
def undo(
    context: click.Context,
    operation: str | None,
    listing: bool,
    dry_run: bool,
    yes: bool,
    root: str | None,
    as_json: bool,
) -> None:
    """Take back what `rla rm`, `rla archive` or `rla migrate` did.

    OPERATION is the id of an operation, or a beginning that only one has; the last one when left out. What was deleted
    comes back, copies go to the trash, and what they had replaced comes back. What would happen is shown first, and
    then asked.

    An experiment whose place is taken by another one stays in the trash, and a copy that is pinned or under way stays
    where it is: the exit code is 2 then. `rla trash restore` brings back single experiments.

    \b
    Examples:
      rla undo
      rla undo --list
      rla undo 20261120-0930 --dry-run
    """
    data_root = find_data_root(root)
    if listing:
        _list(data_root, as_json)
        return
    choice = check_choice(dry_run, yes, as_json)
    put_in_order(data_root, choice)
    from rla.batch.undo import find_operation, plan_undo

    found = find_operation(data_root, operation)
    if not as_json:
        say(f"{found.kind} of {by_and_when(found)}, {found.id}")
    context.exit(carry_out([plan_undo(found)], words_of_undo(found), choice))


def put_in_order(data_root: Path, choice: Choice) -> None:
    """Put in order what killed operations left, before one of the others is taken for the last.

    Raises:
        BatchError: an operation is under way, or nothing shall be changed.
    """
    from rla.batch.recovery import recover, unfinished

    if not unfinished(data_root):
        return
    if choice.dry_run:
        raise BatchError(
            f"An operation in '{data_root}' was cut off, or is under way; `rla fsck` tells more. Without --dry-run, "
            "this command puts it in order first."
        )
    for operation in recover(data_root):
        moved = (
            f"It stopped after {counted(len(operation.entries), 'experiment')}"
            if operation.entries
            else "It had moved none"
        )
        click.echo(f"The {operation.kind} of {by_and_when(operation)} had been cut off. {moved}.", err=True)


def words_of_undo(operation: Operation) -> Words:
    """Return what it is called to take an operation back."""
    from rla.batch.record import DELETION

    if operation.kind == DELETION:
        return _COMING_BACK
    has_earlier = operation.trash.is_dir()
    return Words(
        "The copies of {} would go to the trash" + ", and the earlier ones come back" * has_earlier,
        "Move the copies of {} to the trash" + ", and bring the earlier ones back" * has_earlier + "?",
        "Moving",
        "The copies of {} went to the trash" + ", and the earlier ones came back" * has_earlier,
    )


def operation_as_item(operation: Operation) -> dict[str, Any]:
    """Return an operation as JSON for machines: how many experiments, in place of all."""
    known = operation.as_dict()
    return {"experiments": len(known.pop("entries")), **known}


def _list(data_root: Path, as_json: bool) -> None:
    from rla.batch.undo import undoable

    known = undoable(data_root)
    if as_json:
        print_json([operation_as_item(operation) for operation in known])
        return
    if not known:
        say(f"There is nothing to undo in '{data_root}'.")
        return
    rows = [
        [each.id, shown_moment(each.started), each.user, f"{len(each.entries):,}", _size(each)]
        for each in known[-_SHOWN:]
    ]
    print_table(["operation", "when", "by", "runs", "size"], rows, numbers=("runs", "size"))
    if len(known) > _SHOWN:
        say(f"{_SHOWN} of {len(known)} operations, the newest; --json has all.")


def _size(operation: Operation) -> str:
    return shown_size(sum(entry.size for entry in operation.entries))
