"""The difference of two experiments: code, hyper-parameters, packages and commit.

compare_experiments("data", "13-05-01", "14-10-00").parameters
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rla.database.plain_values import as_mapping, plain_parameters, text_of
from rla.database.query import is_tree_path
from rla.environment import installed_packages
from rla.errors import QueryError
from rla.names import CODE
from rla.query.naming import find_run
from rla.snapshot.difference import ADDED, CHANGED, REMOVED, CodeTree, FileChange, differences
from rla.snapshot.git import read_git_head
from rla.snapshot.manifest import read_manifest

__all__ = ["Change", "ExperimentDifference", "compare_experiments"]

_FACTS = ("git_commit", "git_branch", "git_remote", "git_dirty", "python", "rla_version", "host")


@dataclass(frozen=True)
class Change:
    """A value that differs.

    Attributes:
        key: its name, with dots where it is nested.
        kind: ``added``, ``removed`` or ``changed``.
        before: the value on the first side; None where it is missing.
        after: the value on the second side; None where it is missing.
    """

    key: str
    kind: str
    before: Any
    after: Any


@dataclass
class ExperimentDifference:
    """What differs between two experiments, or an experiment and a folder.

    Attributes:
        names: what was compared: names of experiments, or paths of folders.
        files: files of the code.
        parameters: hyper-parameters; empty when one side is a folder.
        packages: versions of installed packages.
        facts: commit, branch, Python and the like.
        notes: what people should know, such as a file that was changed after it was recorded.
    """

    names: tuple[str, str]
    files: list[FileChange] = field(default_factory=list)
    parameters: list[Change] = field(default_factory=list)
    packages: list[Change] = field(default_factory=list)
    facts: list[Change] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the difference as plain data."""
        return asdict(self)


@dataclass
class _Side:
    """One of the two that are compared; parameters are None for a folder."""

    name: str
    code: CodeTree
    parameters: Mapping[str, Any] | None
    packages: dict[str, str]
    facts: dict[str, Any]


def compare_experiments(
    data_root: str | os.PathLike[str], before: str, after: str | None = None, task: str | None = None
) -> ExperimentDifference:
    """Compare two experiments, or an experiment with the code that one works on.

    Args:
        data_root: the database folder.
        before: any part of an experiment's name that only one has; or a folder: ``.``, or a path with a ``/`` at its
            beginning or behind ``.``, ``..`` or ``~``. Of a folder, what a snapshot would hold now is compared.
        after: the other one, given alike; where the code of ``before`` came from, when None.
        task: look for experiments in this task table only.

    Raises:
        ExperimentNotFoundError: no experiment has this in its name.
        AmbiguousExperimentError: several have; the message lists them.
        DataRootError: there is no such data root.
        FileNotFoundError: there is no such folder.
        QueryError: both are folders.
    """
    after = _code_root(data_root, before, task) if after is None else after
    folders = [_folder(data_root, name) for name in (before, after)]
    if all(folders):
        raise QueryError(f"'{before}' and '{after}' are folders; expected an experiment (`rla ls` lists them).")
    recorded = [
        None if folder else _recorded(data_root, name, task)
        for name, folder in zip((before, after), folders, strict=True)
    ]
    like = next((side.code for side in recorded if side is not None), CodeTree())
    one, other = (side or _working(Path(folder), like) for side, folder in zip(recorded, folders, strict=True))
    if one.code.files and other.code.files and not one.code.files.keys() & other.code.files.keys():
        root = like.selection.code_root if like.selection else ""
        other.code.notes.append(f"no file is in both; the code root of the experiment was '{root}'")
    both = one.parameters is not None and other.parameters is not None
    return ExperimentDifference(
        names=(one.name, other.name),
        files=list(differences(one.code, other.code)),
        parameters=_changes(one.parameters or {}, other.parameters or {}) if both else [],
        packages=_changes(one.packages, other.packages) if one.packages and other.packages else [],
        facts=[change for change in _changes(one.facts, other.facts) if change.kind == CHANGED],
        notes=[f"{side.name}: {note}" for side in (one, other) for note in side.code.notes],
    )


def _folder(data_root: str | os.PathLike[str], name: str) -> str:
    """Return the path of a folder that is meant; empty when an experiment is, by its name or by one of its folders."""
    is_path = name in (".", "..", "~") or name.startswith(("./", "../", "/", "~/"))
    return os.path.expanduser(name) if is_path and not is_tree_path(Path(data_root), name) else ""


def _code_root(data_root: str | os.PathLike[str], name: str, task: str | None) -> str:
    """Return the folder that the code of an experiment came from; the current one where that is not known any more."""
    if _folder(data_root, name):
        return "."
    manifest = read_manifest(find_run(data_root, name, task).place.path(CODE))
    selection = manifest.recorded_selection() if manifest is not None else None
    return selection.code_root if selection is not None and os.path.isdir(selection.code_root) else "."


def _recorded(data_root: str | os.PathLike[str], name: str, task: str | None) -> _Side:
    record = find_run(data_root, name, task)
    card = record.run_card()
    facts = {key: getattr(card, key) for key in _FACTS} if card else {}
    if card:
        facts |= {key: str(value) for key, value in card.hardware.items()}
    code = CodeTree.of_snapshot(record.place.path(CODE))
    if card and card.code is not None and code.selection is None:
        code.notes.append(f"its code, snapshot {card.code}, is gone or cannot be read")
    elif card and card.code is not None and code.digest != card.code:
        code.notes.append("its manifest is not the one that was recorded")
    elif not code.files:
        code.notes.append("no code was kept")
    elif card and card.code is None:
        code.notes.append("the code backup is not complete")
    if card and (other := [str(each.get("segment")) for each in card.resumes if _other_code(each, card.code)]):
        code.notes.append(f"what is compared is the code it began with; segment {', '.join(other)} ran with other code")
    return _Side(record.name, code, record.parameters(), card.packages if card else {}, facts)


def _other_code(resume: Mapping[str, Any], code: str | None) -> bool:
    return resume.get("code") not in (None, code)


def _working(folder: Path, like: CodeTree) -> _Side:
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder '{folder}' to compare with.")
    facts: dict[str, Any] = {"python": platform.python_version()}
    if (git := read_git_head(str(folder))) is not None:
        facts |= {"git_commit": git.commit, "git_branch": git.branch, "git_remote": git.remote}
    return _Side(str(folder), CodeTree.of_folder(folder, like), None, installed_packages(), facts)


def _as_text(value: Any) -> str:
    """Return a value as a text that is the same for equal values: arrays have no one answer to ==, and NaN none."""
    return json.dumps(plain_parameters({"value": value}), sort_keys=True)


def _changes(before: Mapping[Any, Any], after: Mapping[Any, Any], prefix: str = "") -> list[Change]:
    found: list[Change] = []
    for key in dict.fromkeys([*before, *after]):
        name = f"{prefix}{text_of(key)}"
        if key not in after:
            found.append(Change(name, REMOVED, before[key], None))
        elif key not in before:
            found.append(Change(name, ADDED, None, after[key]))
        else:
            one, other = as_mapping(before[key]), as_mapping(after[key])
            if one is not None and other is not None:
                found += _changes(one, other, f"{name}.")
            elif _as_text(before[key]) != _as_text(after[key]):
                found.append(Change(name, CHANGED, before[key], after[key]))
    return found
