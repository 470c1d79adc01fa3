"""What `push`, `pull` and `sync` do and show alike: a plan, a transfer with its bar, what came of it as a table."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import click

from rla.cli.columns import short_dates
from rla.cli.common import (
    counted,
    print_json,
    print_table,
    say,
    shown_duration,
    shown_size,
)
from rla.cli.progress import transfer_bar
from rla.errors import SyncError, printable
from rla.names import TREES

if TYPE_CHECKING:
    from rla.database.trees import ExperimentPlace
    from rla.sync.by_hand.leftovers import Leftover
    from rla.sync.by_hand.transfers import Transfer

__all__ = [
    "PROBLEMS",
    "PULL",
    "PUSH",
    "Words",
    "carry_out",
    "complain",
    "ends_by_ctrl_c",
    "error_sign",
    "print_shares",
    "printable_lines",
    "show_plan",
]

PROBLEMS: Final = 1
INTERRUPTED: Final = 130
"""Exit codes."""

_SHOWN: Final = 20
_AT_LEAST_TOLD: Final = 1.0
"""A duration that is shorter is not worth telling, in seconds."""


@dataclass(frozen=True)
class Words:
    """What a direction is called.

    Attributes:
        doing: what is being done: ``Sending``.
        done: what files did: ``went to``.
        would: what they would do: ``would go to``.
        there: where those are that need not travel: ``there``.
        side: which way: ``for`` or ``from``.
    """

    doing: str
    done: str
    would: str
    there: str
    side: str


PUSH: Final = Words("Sending", "went to", "would go to", "there", "for")
PULL: Final = Words("Fetching", "came from", "would come from", "here", "from")


@contextlib.contextmanager
def ends_by_ctrl_c(context: click.Context) -> Iterator[None]:
    """End a command with the exit code of Ctrl-C, in a line."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo("\nInterrupted; nothing has travelled yet.", err=True)
        context.exit(INTERRUPTED)


def show_plan(
    transfer: Transfer, places: Sequence[ExperimentPlace], words: Words, as_json: bool, leftovers: Sequence[Leftover]
) -> int:
    """Show what would travel, and return the exit code."""
    planned = transfer.plan(places)
    address = transfer.address
    if as_json:
        dead = [each.name for each in leftovers if each.problem is None]
        known = {"address": address, "experiments": _names(places), "files": planned, "bytes": sum(planned.values())}
        print_json(known | {"leftovers": dead})
        return 0
    print_shares(planned)
    if leftovers:
        say(f"Before that, journals of dead runs would be written into their files: {len(leftovers)}.")
    if planned:
        say(f"{counted(len(planned), 'file')} {words.would} {address}: {shown_size(sum(planned.values()))}.")
    else:
        say(_nothing_to_do(len(places), None, words, address))
    return 0


def carry_out(
    transfer: Transfer,
    places: Sequence[ExperimentPlace],
    words: Words,
    as_json: bool,
    leftovers: Sequence[Leftover] = (),
) -> int:
    """Let experiments travel with a progress bar, say what came of it, and return the exit code.

    Raises:
        SyncError: nobody answers any more, or the other end refuses us; what was done until then has been shown.
    """
    interrupted, lost = False, None
    try:
        with transfer_bar(words.doing) as bar:
            transfer.told = bar.told
            transfer.run(places, progress=bar.step)
    except KeyboardInterrupt:
        interrupted = True
    except SyncError as error:
        lost = error
    if as_json:
        print_json(_as_item(transfer, places, interrupted, lost) | {"leftovers": [_folded(each) for each in leftovers]})
    else:
        _tell(transfer, len(places), words, interrupted, lost is not None)
    if lost is not None:
        raise lost
    if interrupted:
        return INTERRUPTED
    return 0 if transfer.report.complete else PROBLEMS


def print_shares(files: Mapping[str, int]) -> None:
    """Print a table of what travels of each task and tree."""
    from rla.sync.by_hand.experiment_paths import shares_of

    rows = [
        [each.task, each.tree, f"{len(each.experiments):,}", f"{each.files:,}", shown_size(each.bytes)]
        for each in sorted(shares_of(files), key=lambda each: (each.task, TREES.index(each.tree)))
    ]
    if rows:
        numbers = ("experiments", "files", "size")
        print_table(["task", "tree", *numbers], rows, numbers=numbers)


def complain(problems: Mapping[str, str], notices: Sequence[str]) -> None:
    """Print why files did not travel, and what people should know besides."""
    for notice in notices[:_SHOWN]:
        click.echo(f"{click.style('warning:', fg='yellow', bold=True)} {printable(notice)}", err=True)
    for path, problem in list(problems.items())[:_SHOWN]:
        click.echo(f"{error_sign()} {_short(path)}: {printable_lines(problem.replace(path, 'it'))}", err=True)
    if (more := max(0, len(problems) - _SHOWN) + max(0, len(notices) - _SHOWN)) > 0:
        click.echo(f"… and {more:,} more; --json has all.", err=True)


def error_sign() -> str:
    """Return what lines of errors begin with."""
    return click.style("error:", fg="red", bold=True)


def printable_lines(text: str) -> str:
    """Return a text of several lines without control characters in them."""
    return "\n".join(map(printable, text.split("\n")))


def _tell(transfer: Transfer, number: int, words: Words, interrupted: bool, is_lost: bool) -> None:
    report, moved = transfer.report, transfer.moved()
    print_shares(moved)
    complain(report.problems, report.notices)
    address = report.remote or transfer.address
    after = f" in {shown_duration(report.seconds)}" if report.seconds >= _AT_LEAST_TOLD else ""
    if moved:
        unchanged = f"; {report.unchanged:,} were {words.there} already" if report.unchanged else ""
        say(f"{counted(len(moved), 'file')} {words.done} {address}: {shown_size(report.bytes)}{after}{unchanged}.")
    elif report.complete and not interrupted and not is_lost:
        say(_nothing_to_do(number, report.unchanged, words, address))
    if interrupted or (is_lost and report.remote):  # where nobody ever answered, the error says all
        how = "Interrupted" if interrupted else "The connection is lost"
        say(f"{how}, after {counted(len(moved), 'file')}. The same command goes on where it stopped.")
    elif not report.complete:
        left = counted(len(report.problems) + len(report.unfinished), "file")
        say(f"{left} did not travel. The same command tries again.")


def _nothing_to_do(number: int, unchanged: int | None, words: Words, address: str) -> str:
    if not number:
        return f"No experiment is meant, or none is there; nothing has travelled ({address})."
    files = "all files are" if unchanged is None else "1 file is" if unchanged == 1 else f"{unchanged:,} files are"
    return f"Nothing new of {counted(number, 'experiment')}: {files} {words.there} already ({address})."


def _short(path: str) -> str:
    """Return a path below the data root as short as people still know it: ``demo_task 11/20/13-05-01 progress.csv``."""
    from rla.database.index_name import parse_index_name
    from rla.sync.by_hand.experiment_paths import read_path

    parts = read_path(path)
    if parts is None:
        return printable(path)
    index = parse_index_name(parts.index_name)
    (date,) = short_dates([f"{parts.day}/{index.time if index else parts.index_name}"])
    inside = f"{parts.tree}/{parts.inside}" if parts.inside else parts.tree
    return printable(f"{parts.task} {date} {inside}")


def _names(places: Sequence[ExperimentPlace]) -> list[str]:
    from rla.sync.by_hand.choosing import name_of

    return [name_of(place) for place in places]


def _as_item(
    transfer: Transfer, places: Sequence[ExperimentPlace], interrupted: bool, lost: SyncError | None
) -> dict[str, Any]:
    report = transfer.report
    return {
        "address": report.remote or transfer.address,
        "experiments": _names(places),
        "files": transfer.moved(),
        "bytes": report.bytes,
        "unchanged": report.unchanged,
        "unfinished": report.unfinished,
        "problems": report.problems,
        "notices": report.notices,
        "seconds": report.seconds,
        "interrupted": interrupted,
        "error": None if lost is None else str(lost),
    }


def _folded(leftover: Leftover) -> dict[str, Any]:
    return {"name": leftover.name, "rows": leftover.rows, "problem": leftover.problem}
