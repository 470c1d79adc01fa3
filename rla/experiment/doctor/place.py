"""The data root: is it there, whose is it, what is in it."""

from __future__ import annotations

import os
from collections.abc import Iterator

from rla.errors import printable
from rla.experiment.doctor.check import ERROR, NOTE, OK, WARNING, Check, amount
from rla.experiment.doctor.subject import Subject
from rla.names import TREES

__all__ = ["check_data_root"]


def check_data_root(subject: Subject) -> Iterator[Check]:
    """Look whether the data root is a folder that can be read and written; nothing is written to find out."""
    root = subject.data_root
    name = printable(str(root)) + (f" (from {printable(subject.origin)})" if subject.origin else "")
    facts = {"path": str(root), "origin": subject.origin}
    if not root.is_dir():
        yield _absent(subject, name, facts)
        return
    yield Check("place", OK, f"{name}, of the user {owner_of(root.stat().st_uid)}", facts=facts)
    yield _access(subject)
    yield _content(subject)


def _absent(subject: Subject, name: str, facts: dict[str, str]) -> Check:
    root = subject.data_root
    if os.path.lexists(root):
        what = "a file" if root.is_file() else "a link that leads nowhere" if root.is_symlink() else "no folder"
        advice = "give the folder that holds log/ and the other trees, by --root or $RLA_ROOT"
        return Check("place", ERROR, f"{name} is {what}", advice, facts)
    above = subject.nearest_folder
    if subject.config_file is not None and str(subject.config_file) in subject.origin and os.access(above, os.W_OK):
        return Check("place", NOTE, f"{name} is not there yet", "the first experiment makes it", facts)
    advice = f"the nearest folder that is there: {printable(str(above))}"
    return Check("place", ERROR, f"{name} is not there", advice, facts)


def _access(subject: Subject) -> Check:
    root = subject.data_root
    folders = [root, *(root / tree for tree in TREES if (root / tree).is_dir())]
    closed = [str(folder) for folder in folders if not os.access(folder, os.R_OK | os.X_OK)]
    refused = [str(folder) for folder in folders if not os.access(folder, os.W_OK | os.X_OK)]
    if closed:
        return Check("access", ERROR, f"you may not read {', '.join(map(printable, closed))}", "ask its owner")
    if refused:
        found = f"you may read it, but not write to {', '.join(map(printable, refused))}: no experiment can be recorded"
        return Check("access", WARNING, found, "ask its owner, if you want to record there")
    return Check("access", OK, "you may read and write it")


def _content(subject: Subject) -> Check:
    days, tasks = subject.days, subject.tasks
    facts = {"tasks": len(tasks), "date_folders": len(days)}
    if not days:
        advice = "if there should be some, is this the right folder? See --root and $RLA_ROOT"
        return Check("content", NOTE, "no experiments", advice, facts)
    found = f"{amount(len(tasks), 'task')} with {amount(len(days), 'date folder')}"
    first, last = min(days), max(days)
    return Check("content", OK, f"{found}, {f'from {first} to {last}' if first < last else first}", facts=facts)


def owner_of(number: int) -> str:
    """Return the name of a user, or the number where the system knows no name."""
    try:
        import pwd

        return pwd.getpwuid(number).pw_name
    except (ImportError, KeyError):
        return str(number)
