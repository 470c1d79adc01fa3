"""The check of a data root: what is damaged or left over, and its repair."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from rla import files
from rla.database.bounded_values import LARGEST_DOCUMENT, parse_json, reason
from rla.database.index_name import parse_index_name
from rla.database.query import find_experiments
from rla.database.record import ExperimentRecord
from rla.database.run_card import read_run_card
from rla.database.trees import check_data_root, tasks_of
from rla.errors import InvalidNameError, QueryError, RunIsAliveError, did_you_mean
from rla.experiment.leftovers import leftovers_of
from rla.machine import host_name
from rla.names import (
    CODE,
    EPISODES_FILE,
    HYPERPARAMETER,
    INTERNAL,
    LOG,
    PARAMETER_FILE,
    PROGRESS_FILE,
    RUN_CARD_FILE,
    SEGMENTS_FILE,
)
from rla.output.csv_blocks import end_of_records, open_csv, told
from rla.output.csv_rows import count_rows_within
from rla.output.fold import fold_dead_run, has_journal
from rla.output.resumes import read_resumes
from rla.snapshot.manifest import read_manifest
from rla.snapshot.selection import MANIFEST_FILE, RESUMED_FOLDER
from rla.snapshot.store import CodeStore

__all__ = ["Finding", "FsckReport", "check_data_root_files"]

ERROR: Final = "error"
WARNING: Final = "warning"
_CLAIM_SECONDS: Final = 3600.0
_WHAT_RAN: Final = "what ran may be in the repository: see `rla show`"


@dataclass
class Finding:
    """Something that is not as it should be.

    Attributes:
        experiment: name of the experiment.
        severity: ``error`` when something is lost or cannot be read, ``warning`` when a repair brings it in order.
        problem: what is wrong.
        advice: what to do.
        repaired: whether this check repaired it.
    """

    experiment: str
    severity: str
    problem: str
    advice: str
    repaired: bool = False


@dataclass
class FsckReport:
    """The result of a check.

    Attributes:
        experiments: how many were looked at.
        findings: what is not as it should be.
    """

    experiments: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def errors(self) -> list[Finding]:
        """Findings that are errors."""
        return [finding for finding in self.findings if finding.severity == ERROR]

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return {
            "experiments": self.experiments,
            "errors": len(self.errors),
            "warnings": len(self.findings) - len(self.errors),
            "findings": [asdict(finding) for finding in self.findings],
        }


def check_data_root_files(
    data_root: str | os.PathLike[str],
    task: str | None = None,
    repair: bool = False,
    progress: Callable[[list[ExperimentRecord]], Iterable[ExperimentRecord]] = iter,
) -> FsckReport:
    """Check the records, the parameters and the code of a data root.

    Args:
        data_root: the database folder.
        task: the task table to check; all when None.
        repair: fold what dead runs of this host left in their journals, remove what they left half written, and the
            code that no experiment has any more. Nothing else is changed.
        progress: goes through the experiments, and may show how far it is.

    Raises:
        DataRootError: there is no such data root.
        QueryError: there is no such task.
    """
    root = check_data_root(data_root)
    tasks = tasks_of(root, LOG)
    if task is not None and task not in tasks:
        raise QueryError(f"There is no task '{task}' in '{root}'.{did_you_mean(task, tasks)}")
    report = FsckReport()
    records: list[ExperimentRecord] = []
    for each in [task] if task else tasks:
        try:
            records += find_experiments(root, each)
        except InvalidNameError as error:  # a folder of a foreign hand
            report.findings.append(Finding(each, ERROR, str(error), "rename the folder"))
    hashes: dict[tuple[int, int], str] = {}
    for record in progress(records):
        report.experiments += 1
        try:
            report.findings.extend(_check(record, repair))
            report.findings.extend(_code(record, hashes))
        except OSError as error:  # of another user, say: the others are looked at all the same
            report.findings.append(
                Finding(record.name, ERROR, f"it cannot be looked at: {error}", "see its permissions")
            )
    report.findings.extend(_code_store(root, repair))
    return report


def _check(record: ExperimentRecord, repair: bool) -> Iterator[Finding]:
    folder = record.log_dir
    status = record.status()
    if finding := _unfinished_claim(record, folder, repair):
        yield finding
        return
    yield from _card(record, folder)
    yield from _parameters(record)
    yield from _segments(record, folder)
    if status == "running":
        return
    yield from _journal(record, folder, repair)
    yield from _leftovers(record, repair)
    yield from _csv(record, folder)


def _unfinished_claim(record: ExperimentRecord, folder: Path, repair: bool) -> Finding | None:
    """Find a place that was claimed by a process that died before it gave it its name."""
    index = parse_index_name(folder.name)
    if index is not None and folder.name == f"{index.time}_{index.node}_" and not os.listdir(folder):
        if time.time() - folder.stat().st_mtime < _CLAIM_SECONDS:  # its process may be at work
            return None
        if repair:
            files.remove_directory(folder)
        return Finding(record.name, WARNING, "an experiment died while it was made", "run with --repair", repair)
    return None


def _card(record: ExperimentRecord, folder: Path) -> Iterator[Finding]:
    if os.path.lexists(folder / RUN_CARD_FILE) and read_run_card(folder) is None:
        yield Finding(record.name, ERROR, f"{RUN_CARD_FILE} cannot be read", "its status and types are unknown")


def _parameters(record: ExperimentRecord) -> Iterator[Finding]:
    for tree in (LOG, CODE, HYPERPARAMETER):
        path = record.place.path(tree) / f"{PARAMETER_FILE}.json"
        try:
            parse_json(files.read_regular(path, LARGEST_DOCUMENT))
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            problem = f"{tree}/…/{path.name} cannot be read: {reason(error)}"
            yield Finding(record.name, ERROR, problem, "readers use the others")


def _segments(record: ExperimentRecord, folder: Path) -> Iterator[Finding]:
    try:
        resumes = read_resumes(folder)
    except (OSError, ValueError) as error:
        problem = f"{SEGMENTS_FILE} cannot be read: {reason(error)}"
        yield Finding(record.name, ERROR, problem, "readers show the rows that it left behind, too")
        return
    if resumes and (rows := resumes[-1].rows) > (lines := count_rows_within(folder)) > 0:
        problem = f"{PROGRESS_FILE} has {lines} rows, but there were {rows} when the run was resumed"
        yield Finding(record.name, ERROR, problem, f"which rows were left behind cannot be told: see {SEGMENTS_FILE}")


def _journal(record: ExperimentRecord, folder: Path, repair: bool) -> Iterator[Finding]:
    if not has_journal(folder):
        return
    card = read_run_card(folder)
    problem = "it ended without writing everything out; rla reads its journal, other tools don't"
    if card is not None and card.host != host_name():
        yield Finding(record.name, WARNING, problem, f"run `rla fsck --repair` on its own host, {card.host}")
    elif not repair:
        yield Finding(record.name, WARNING, problem, "run with --repair")
    else:
        try:
            rows = fold_dead_run(folder)
        except (RunIsAliveError, OSError) as error:
            yield Finding(record.name, ERROR, f"its journal could not be folded: {error}", "try again")
        else:
            done, left = f"{rows} rows were added to {PROGRESS_FILE}", has_journal(folder)
            advice = f"{done}; the journal stays for an output that cannot be used here" if left else done
            yield Finding(record.name, WARNING, problem, advice, not left)


def _leftovers(record: ExperimentRecord, repair: bool) -> Iterator[Finding]:
    """Find what was made aside by a process that died before it moved it."""
    card = record.run_card()
    own = card is None or card.host == host_name()
    for leftover in leftovers_of(record):
        removes = repair and (own or leftover.by_sync)
        for path in leftover.paths if removes else ():
            files.remove_tree(path)
        elsewhere = card is not None and not own and not leftover.by_sync
        advice = "run with --repair" + (f" on its own host, {card.host}" if card is not None and elsewhere else "")
        yield Finding(record.name, WARNING, f"{len(leftover.paths)} {leftover.what}", advice, removes)


def _code(record: ExperimentRecord, hashes: dict[tuple[int, int], str]) -> Iterator[Finding]:
    folder = record.place.path(CODE)
    manifest = read_manifest(folder)
    changed = manifest.changed(folder, hashes) if manifest is not None else {}
    card = record.run_card()
    if manifest is not None and card is not None and card.code not in (None, manifest.digest):
        changed[MANIFEST_FILE] = "is not the one that was recorded"
    if manifest is None and card is not None and card.code is not None:
        yield Finding(record.name, ERROR, "its code is gone, or cannot be read", _WHAT_RAN)
    elif manifest is None and card is not None and record.status() != "running":
        own = (f"{PARAMETER_FILE}.json", f"{PARAMETER_FILE}.yaml")
        if any(not name.startswith(".") and name not in own for name in _names(folder)):
            yield Finding(record.name, WARNING, "its code backup is not complete", "see warn.txt of the run")
    if changed:
        shown = ", ".join(f"{path} {what}" for path, what in list(changed.items())[:3])
        problem = f"its code is not as it was recorded: {shown}" + f" and {len(changed) - 3} more" * (len(changed) > 3)
        yield Finding(record.name, ERROR, problem, _WHAT_RAN)
    yield from _code_of_segments(record, folder, hashes)


def _code_of_segments(record: ExperimentRecord, folder: Path, hashes: dict[tuple[int, int], str]) -> Iterator[Finding]:
    """Check the code of segments that were gone on with other code than the run began with."""
    card = record.run_card()
    for entry in card.resumes if card is not None else ():
        number, code = entry.get("segment"), entry.get("code")
        if not isinstance(number, int) or not isinstance(code, str) or card is None or code == card.code:
            continue
        inside = folder / RESUMED_FOLDER / str(number)
        manifest = read_manifest(inside)
        if manifest is None:
            problem = f"the code of segment {number} is gone, or cannot be read"
            yield Finding(record.name, ERROR, problem, _WHAT_RAN)
        elif changed := manifest.changed(inside, hashes):
            path, what = next(iter(changed.items()))
            more = f" and {len(changed) - 1} more" * (len(changed) > 1)
            problem = f"the code of segment {number} is not as it was recorded: {path} {what}{more}"
            yield Finding(record.name, ERROR, problem, _WHAT_RAN)


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _code_store(root: Path, repair: bool) -> Iterator[Finding]:
    store = CodeStore(root)
    garbage = store.collect_garbage() if repair else store.garbage()
    if garbage.bodies:
        problem = f"{garbage.bodies} files of code ({garbage.size / 1e6:.1f} MB) that no experiment has any more"
        yield Finding(f"{INTERNAL}/objects", WARNING, problem, "run with --repair", repair)


def _csv(record: ExperimentRecord, folder: Path) -> Iterator[Finding]:
    for name in (PROGRESS_FILE, EPISODES_FILE):
        try:
            with open_csv(folder / name) as file:
                end, error = end_of_records(file.read, file.start)
                torn = file.status.st_size - end
        except FileNotFoundError:
            continue
        except OSError as problem:
            error = problem
        if error is not None:
            # what a journal still has is written over the damage, and readers have it already
            severity = WARNING if has_journal(folder) else ERROR
            yield Finding(record.name, severity, told(name, error), "readers take what comes before it")
        elif torn and not has_journal(folder):
            yield Finding(record.name, WARNING, f"{name} ends in a torn line of {torn} bytes", "readers ignore it")
