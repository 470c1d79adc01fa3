"""The doctor answers everywhere: what fails or hangs becomes an entry, and the other checks are made all the same."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from rla.experiment.doctor import examination
from rla.experiment.doctor.check import ERROR, OK, VERDICTS, WARNING, Check
from rla.experiment.doctor.examination import EXAMINERS, examine, summary
from rla.experiment.doctor.subject import Subject


def fine(subject: Subject) -> Iterator[Check]:
    yield Check("fine", OK, "it is well")


@pytest.fixture
def examined_by(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def use(*examiners: object) -> None:
        table = tuple(("group", getattr(each, "__name__", "?"), each) for each in examiners)
        monkeypatch.setattr(examination, "EXAMINERS", table)

    return use


def test_a_check_that_raises_is_told_and_the_next_is_made(examined_by: Callable[..., None], subject: Subject) -> None:
    def broken(subject: Subject) -> Iterator[Check]:
        yield Check("first half", OK, "done")
        raise ZeroDivisionError("a strange\nsystem")

    examined_by(broken, fine)
    found = examine(subject)
    assert [(check.name, check.verdict) for check in found] == [("first half", OK), ("broken", WARNING), ("fine", OK)]
    assert found[1].found == r"it could not be looked at: ZeroDivisionError: a strange\nsystem"


def test_a_check_that_hangs_is_left_alone(examined_by: Callable[..., None], subject: Subject) -> None:
    end = threading.Event()

    def hanging(subject: Subject) -> Iterable[Check]:
        end.wait(60)
        return []

    examined_by(hanging, fine)
    try:
        found = examine(subject, seconds=0.05)
    finally:
        end.set()
    assert [(check.name, check.verdict) for check in found] == [("hanging", WARNING), ("fine", OK)]
    assert "no answer" in found[0].found


def test_after_one_that_hangs_the_others_are_waited_for_more_shortly(
    examined_by: Callable[..., None], subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = threading.Event()
    patience: list[float | None] = []
    join = threading.Thread.join

    def keep(thread: threading.Thread, timeout: float | None = None) -> None:
        patience.append(timeout)
        join(thread, 0.01)

    def hanging(subject: Subject) -> Iterable[Check]:
        end.wait(60)
        return []

    examined_by(fine, hanging, fine)
    monkeypatch.setattr(threading.Thread, "join", keep)
    try:
        examine(subject)
    finally:
        end.set()
    assert patience == [30.0, 30.0, 1.0]


@pytest.mark.parametrize("kind", ["file", "nothing", "fifo", "loop", "closed", "hostile"])
def test_any_data_root_is_examined(kind: str, subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tuple(entry for entry in EXAMINERS if entry[1] != "import time")  # it starts interpreters
    monkeypatch.setattr(examination, "EXAMINERS", table)
    prepare(subject.data_root, kind)
    found = examine(subject)
    assert [check for check in found if "could not be looked at" in check.found] == []
    assert {check.verdict for check in found} <= set(VERDICTS)
    if kind in ("file", "nothing", "fifo", "loop"):
        assert [check.name for check in found if check.verdict == ERROR] == ["place"]


def prepare(root: Path, kind: str) -> None:
    if kind == "file":
        root.write_text("not a folder")
    elif kind == "fifo":
        os.mkfifo(root)
    elif kind == "loop":
        root.symlink_to(root)
    elif kind == "closed":
        (root / "log" / "a" / "2026").mkdir(parents=True)
        (root / "log").chmod(0)
    elif kind == "hostile":
        day = root / "log" / "a\x1b[31m" / "9999" / "99" / "99"
        day.mkdir(parents=True)
        (day / "13-05-01-123456_n_&").symlink_to(day)
        (day / "13-05-01-123457_n_&").mkdir()
        os.mkfifo(day / "13-05-01-123457_n_&" / "experiment.json")
        (root / "code").symlink_to("/nowhere")


def test_the_last_line_counts_errors_warnings_and_notes() -> None:
    assert summary([]) == "no errors, no warnings, no notes."
    found = [Check("a", verdict, "") for verdict in ("ok", "error", "warning", "warning", "note")]
    assert summary(found) == "1 error, 2 warnings, 1 note."
