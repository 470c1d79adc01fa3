"""What the tools of `log_tools` show and ask: plans, outcomes, a progress bar for what takes longer than a second."""

from __future__ import annotations

import contextlib
import shlex
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from rla.batch.plan import Item, Outcome, Plan, Refusal
from rla.batch.record import ARCHIVING, DELETION, MIGRATION
from rla.errors import printable
from rla.names import TREES

__all__ = ["ask", "counted", "progress_bar", "say", "show_outcome", "show_plan"]

_SHOWN: Final = 10
_PATIENCE_SECONDS: Final = 1.0
_VERBS: Final = {DELETION: "Delete", ARCHIVING: "Archive", MIGRATION: "Migrate"}
_PAST: Final = {DELETION: "moved to the trash", ARCHIVING: "archived", MIGRATION: "migrated"}


def say(text: str = "") -> None:
    """Write lines to stdout, whatever letters its encoding has."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def ask(question: str) -> bool:
    """Ask a question on the terminal; anything but yes, and the end of the input, is a no."""
    try:
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        say()
        return False


@contextlib.contextmanager
def progress_bar(description: str) -> Iterator[Callable[[int, int], None]]:
    """Draw a progress bar on stderr, if that is a terminal, for what takes longer than a second."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        update: Callable[[int, int], None] | None = None

        def show(done: int, total: int) -> None:
            nonlocal update
            if update is None and time.monotonic() - began > _PATIENCE_SECONDS:
                update = _drawn(description, stack)
            if update is not None:
                update(done, total)

        yield show


def _drawn(description: str, stack: contextlib.ExitStack) -> Callable[[int, int], None]:
    """Draw a progress bar until a stack is left, and return what moves it."""
    from rich.console import Console
    from rich.progress import Progress

    bars = stack.enter_context(Progress(console=Console(stderr=True), transient=True))
    task = bars.add_task(description)
    return lambda done, total: bars.update(task, completed=done, total=total)


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: ``1 experiment``, ``1,000 experiments``."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def show_plan(plan: Plan, task: str) -> None:
    """Show what would happen, in a screenful."""
    if plan.items:
        places = sum(len(item.trees) for item in plan.items)
        where = f" into '{plan.home}'" if plan.home else f" to '{plan.target_task}'" if plan.target_task else ""
        experiments = counted(len(plan.items), "experiment")
        say(printable(f"{_VERBS[plan.kind]} {experiments} of '{task}'{where}:"))
        trees = "all trees" if len(plan.trees) == len(TREES) else ", ".join(plan.trees)
        say(f"{counted(places, 'folder or file', 'folders and files')}, {_size(plan.size)}, in {trees}")
        _list(map(_described, plan.items), len(plan.items))
        needed = [(item, who) for item in plan.items for who in item.dependents]
        if needed:
            say("\nOthers need some of them:")
            _list(([_short(item.name, task), f"    {who}"] for item, who in needed), len(needed))
    _show_refused("Left alone:", plan.refused, task)
    if plan.current:
        say(f"\n{counted(plan.current, 'experiment is', 'experiments are')} there already, and up to date.")
    for warning in plan.warnings:
        say(f"\n{warning}")
    if plan.items and plan.kind == DELETION:
        say("\nThey go to the trash, and can be taken back with: rla undo")


def show_outcome(outcome: Outcome, plan: Plan, task: str) -> None:
    """Show what came of a plan, and how it is taken back."""
    done = counted(len(outcome.done), "experiment")
    places = counted(outcome.places, "folder or file", "folders and files")
    say(f"\n{done}: {places} {_PAST[plan.kind]}.")
    _show_refused("Left alone:", outcome.refused, task)
    _show_refused("Not possible, and as before:", outcome.failed, task)
    if outcome.interrupted:
        say(f"Interrupted: {counted(len(plan.items) - len(outcome.done), 'experiment')} not touched.")
    if outcome.freed:
        say(f"What was in the trash for too long was removed: {_size(outcome.freed)}.")
    if outcome.operation is not None:
        say(f"Take it back with: rla undo {outcome.operation} --root {shlex.quote(str(plan.data_root))}")


def _show_refused(title: str, refused: Sequence[Refusal], task: str) -> None:
    if refused:
        say(f"\n{title}")
        _list(([_short(each.name, task), f"    {each.reason}"] for each in refused), len(refused))


def _described(item: Item) -> list[str]:
    step = "no rows" if item.step is None else f"time step {item.step:.15g}"
    facts = filter(None, (item.status, step, _size(item.size), item.note))
    return [_short(item.name, item.place.task), f"    {', '.join(facts)}"]


def _list(entries: Iterable[Sequence[str]], number: int) -> None:
    for lines, _ in zip(entries, range(_SHOWN), strict=False):
        for line in lines:
            say(f"  {printable(line)}")
    if number > _SHOWN:
        say(f"  … and {number - _SHOWN:,} more")


def _short(name: str, task: str) -> str:
    return name.removeprefix(f"{task}/")


def _size(number: int) -> str:
    return f"{number / 1024:,.1f} KiB" if number < 1 << 20 else f"{number / (1 << 20):,.1f} MiB"
