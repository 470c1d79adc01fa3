"""The whole examination: all checks in order, each in a thread of its own, so that none can stop or hold up the others.

To add one: a function in a file of this room, and its line in `EXAMINERS`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from rla.errors import printable
from rla.experiment.doctor.check import ERROR, NOTE, WARNING, Check, amount
from rla.experiment.doctor.clock import check_clock
from rla.experiment.doctor.configuration import check_configuration
from rla.experiment.doctor.file_system import check_file_system
from rla.experiment.doctor.import_time import check_import_time
from rla.experiment.doctor.index import index_checks
from rla.experiment.doctor.place import check_data_root
from rla.experiment.doctor.runs import check_runs
from rla.experiment.doctor.software import check_packages, check_python, check_tensorboard, check_variables
from rla.experiment.doctor.space import check_space
from rla.experiment.doctor.subject import Subject

__all__ = ["EXAMINERS", "examine", "summary"]

Examiner = Callable[[Subject], Iterable[Check]]

EXAMINERS: Final[tuple[tuple[str, str, Examiner], ...]] = (
    ("environment", "Python", check_python),
    ("environment", "packages", check_packages),
    ("environment", "TensorBoard", check_tensorboard),
    ("environment", "variables", check_variables),
    ("environment", "import time", check_import_time),
    ("configuration", "rla_config.yaml", check_configuration),
    ("data root", "place", check_data_root),
    ("data root", "experiments", check_runs),
    ("data root", "index", index_checks),
    ("disk", "file system", check_file_system),
    ("disk", "space", check_space),
    ("disk", "clock", check_clock),
)
"""Heading, what it looks at, function."""

LONGEST_SECONDS: Final = 30.0
"""Nothing takes so long, unless a file system doesn't answer."""

AFTER_A_HANG_SECONDS: Final = 1.0
"""Then the others will hardly get an answer, and are asked for a moment only."""


def examine(
    subject: Subject,
    progress: Callable[[list[tuple[str, str, Examiner]]], Iterable[tuple[str, str, Examiner]]] = iter,
    seconds: float = LONGEST_SECONDS,
) -> list[Check]:
    """Look at environment, configuration, data root and disk. Nothing is written, and nothing raises.

    Args:
        subject: the data root, and where it comes from.
        progress: goes through the examiners, and may show how far it is.
        seconds: how long an examiner may take before it is left alone, with an entry that says so.
    """
    found: list[Check] = []
    for group, name, examiner in progress(list(EXAMINERS)):
        checks, has_ended = _guarded(name, examiner, subject, seconds)
        found.extend(replace(check, group=group) for check in checks)
        if not has_ended:
            seconds = min(seconds, AFTER_A_HANG_SECONDS)
    return found


def _guarded(name: str, examiner: Examiner, subject: Subject, seconds: float) -> tuple[list[Check], bool]:
    """Return what an examiner found until it ended, failed or was left alone, and whether it ended."""
    found: list[Check] = []

    def run() -> None:
        try:
            for check in examiner(subject):
                found.append(check)
        except Exception as error:  # a strange system is the very thing to tell of
            problem = printable(f"{type(error).__name__}: {error}")
            found.append(Check(name, WARNING, f"it could not be looked at: {problem}"))

    thread = threading.Thread(target=run, name=f"rla doctor: {name}", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        problem = f"no answer after {seconds:.0f} s; does the file system answer at all?"
        return [*found, Check(name, WARNING, problem, "see `mount` and the system's log (`dmesg`)")], False
    return found, True


def summary(checks: Iterable[Check]) -> str:
    """Return the last line: how many errors, warnings and notes there are."""
    counts = {verdict: sum(check.verdict == verdict for check in checks) for verdict in (ERROR, WARNING, NOTE)}
    words = [amount(number, word) if number else f"no {word}s" for word, number in counts.items()]
    return f"{', '.join(words)}."
