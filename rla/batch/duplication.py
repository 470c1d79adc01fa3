"""Copies of experiments: what archive and migrate have in common."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from rla import files
from rla.batch.moving import parts_of, trees_there
from rla.batch.plan import Item, Plan
from rla.batch.protection import MIGRATED_FROM
from rla.batch.record import MIGRATION, Entry
from rla.batch.stepping import Stage
from rla.copying import Share, Turn, copy_tree, never_shared, same_content, turn_to
from rla.database.archive import read_archive, write_archive
from rla.database.bounded_values import LARGEST_DOCUMENT, parse_json
from rla.database.trees import ExperimentPlace
from rla.errors import UntrustedPickleError
from rla.names import ARCHIVE, CODE, LOG, RUN_CARD_FILE, TREES
from rla.snapshot.store import CodeStore

__all__ = ["is_current", "stage_copy", "without_current"]

_WRITE_BITS: Final = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


def without_current(plan: Plan) -> Plan:
    """Return a plan without the experiments whose copies are up to date, and with what the disk says to it."""
    current, items = 0, []
    for item in plan.items:
        target = plan.entry_of(item).place(plan.data_root / plan.home)
        notes = [item.note] if item.note else []
        notes += [f"'{tree}' is a symbolic link, and so is its copy" for tree in item.trees if _is_link(item, tree)]
        if any(os.path.lexists(path) for tree in item.trees for path in parts_of(target, tree)):
            if is_current(item, target):
                current += 1
                continue
            notes.append("takes the place of an earlier copy, which goes to the trash")
        items.append(replace(item, note="; ".join(notes)))
    found = replace(plan, items=items, current=current)
    free = shutil.disk_usage(existing_folder(plan.data_root)).free
    if found.size > free:
        warning = f"The copies need {found.size >> 20:,} MiB; {free >> 20:,} MiB are free on that disk."
        found = replace(found, warnings=(*plan.warnings, warning))
    return found


def _is_link(item: Item, tree: str) -> bool:
    return os.path.islink(item.place.path_text(tree))


def existing_folder(path: Path) -> Path:
    """Return a path, or what is there above it."""
    above = Path(os.path.abspath(path))
    while not os.path.exists(above) and above != above.parent:
        above = above.parent
    return above


def is_current(item: Item, target: ExperimentPlace) -> bool:
    """Say whether the copy of an experiment is up to date."""
    source = item.place
    rewritten = frozenset({RUN_CARD_FILE, *(os.path.basename(path) for path in parts_of(target, ARCHIVE))})
    turn = _turn_to(source, target)
    for tree in item.trees:
        for old, new in zip(parts_of(source, tree), parts_of(target, tree), strict=True):
            if os.path.lexists(old) != os.path.lexists(new):
                return False
            if os.path.lexists(old) and not same_content(old, new, rewritten, turn):
                return False
    return bool(trees_there(target))


def stage_copy(plan: Plan) -> Stage:
    """Return what makes the copies of a plan."""
    source_root = plan.source or plan.data_root
    shared_code = _shared_code(source_root, plan.data_root)

    def stage(entry: Entry, staging: ExperimentPlace) -> list[str]:
        source = ExperimentPlace(source_root, entry.source_task, entry.day, entry.name)
        turn = _turn_to(source, entry.place(plan.data_root / plan.home))
        share = {CODE: shared_code} | (_renamed(source, entry.task) if plan.kind == MIGRATION else {})
        trees = []
        for tree in entry.trees:
            there = False
            for old, copy in zip(parts_of(source, tree), parts_of(staging, tree), strict=True):
                files.remove_tree(copy)
                if os.path.lexists(old):
                    there = True
                    files.make_directories(os.path.dirname(copy))
                    copy_tree(old, copy, share.get(tree, never_shared), turn)
            if there:
                trees.append(tree)
        return trees

    return stage


def _shared_code(source_root: Path, data_root: Path) -> Share:
    """Return what lets copies of code share the bodies of the code store, which nobody changes."""
    if os.path.samefile(source_root, data_root):
        return _link
    store = CodeStore(data_root)

    def put(source: str, status: os.stat_result, target: str) -> bool:
        if status.st_mode & _WRITE_BITS or status.st_nlink < 2:
            return False
        store.put(files.read_regular(source, limit=1 << 40), status.st_mode, status.st_mtime, target)
        with files.descriptor(target, os.O_RDONLY) as fd:
            files.fsync(fd)
        return True

    return put


def _link(source: str, status: os.stat_result, target: str) -> bool:
    if status.st_mode & _WRITE_BITS or status.st_nlink < 2:
        return False
    try:
        files.link(source, target)
    except OSError:  # another disk, another user's file, too many links
        return False
    return True


def _turn_to(source: ExperimentPlace, target: ExperimentPlace) -> Turn:
    """Return what lets links that lead to the experiment itself, by its full path, lead to the copy."""
    return turn_to(pair for tree in TREES for pair in zip(parts_of(source, tree), parts_of(target, tree), strict=True))


def _renamed(source: ExperimentPlace, task: str) -> dict[str, Share]:
    """Return what lets the run card and the archive of a copy name its new task."""
    came_from = os.path.abspath(f"{source.data_root}/{LOG}/{source.task}")

    def card(content: dict[str, Any]) -> None:
        content |= {"task": task, MIGRATED_FROM: came_from}

    def archive(content: dict[str, Any]) -> None:
        if "task_table_name" in content:
            content["task_table_name"] = task

    def read_card(path: Path) -> Any:
        return parse_json(files.read_regular(path, LARGEST_DOCUMENT))

    return {
        LOG: _changed(f"{source.path_text(LOG)}/{RUN_CARD_FILE}", read_card, card, _write_json),
        ARCHIVE: _changed(source.path_text(ARCHIVE), read_archive, archive, write_archive),
    }


def _changed(
    path: str,
    read: Callable[[Path], Any],
    change: Callable[[dict[str, Any]], None],
    write: Callable[[Path, dict[str, Any]], None],
) -> Share:
    """Return what writes the copy of one file changed; one that cannot be understood, or is no mapping, is copied."""

    def share(source: str, status: os.stat_result, target: str) -> bool:
        if source != path:
            return False
        try:
            content = read(Path(source))
        except (OSError, ValueError, UntrustedPickleError):
            return False
        if not isinstance(content, dict):
            return False
        change(content)
        try:
            write(Path(target), content)
        except pickle.PickleError:  # it holds an instance of a class that is only known by its name
            return False
        files.set_mode_and_time(target, status)
        return True

    return share


def _write_json(path: Path, content: dict[str, Any]) -> None:
    files.write_atomic(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
