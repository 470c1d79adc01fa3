"""The doctor says whose the data root is, where its path comes from, and what is wrong with the configuration."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rla.experiment.doctor.check import ERROR, NOTE, OK, WARNING, Check
from rla.experiment.doctor.configuration import check_configuration
from rla.experiment.doctor.place import check_data_root
from rla.experiment.doctor.subject import Subject

Checks = Callable[..., dict[str, Check]]


def test_it_says_place_origin_and_content(subject: Subject, checks: Checks, run_of: Callable[..., Path]) -> None:
    run_of(days_ago=0)
    run_of(days_ago=400)
    run_of(days_ago=400, task="other")
    subject.origin = "$RLA_ROOT"
    found = checks(check_data_root)
    assert f"{subject.data_root} (from $RLA_ROOT), of the user " in found["place"].found
    assert found["access"].verdict == OK
    assert found["content"].facts == {"tasks": 2, "date_folders": 3}
    assert f"{subject.day_before(400)} to {subject.day_before(0)}" in found["content"].found


def test_a_data_root_without_experiments_is_noted(subject: Subject, checks: Checks) -> None:
    subject.data_root.mkdir()
    assert checks(check_data_root)["content"].verdict == NOTE


def test_one_that_the_configuration_names_need_not_be_there_yet(tmp_path: Path) -> None:
    config = tmp_path / "rla_config.yaml"
    (found,) = check_data_root(Subject(tmp_path / "data", str(config), config))
    assert found.verdict == NOTE
    (found,) = check_data_root(Subject(tmp_path / "data", "--root", config))
    assert found.verdict == ERROR
    assert str(tmp_path) in found.advice


def test_folders_that_may_not_be_written_or_read_are_named(
    subject: Subject, checks: Checks, monkeypatch: pytest.MonkeyPatch
) -> None:
    (subject.data_root / "log").mkdir(parents=True)
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "log" or not mode & os.W_OK)
    assert checks(check_data_root)["access"].verdict == WARNING
    assert str(subject.data_root / "log") in checks(check_data_root)["access"].found
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.R_OK)
    assert checks(check_data_root)["access"].verdict == ERROR


@pytest.fixture
def judged(subject: Subject, tmp_path: Path) -> Callable[[str], list[Check]]:
    """Return what the doctor says of a configuration file, without the line that it can be read."""

    def judge(text: str, mode: int = 0o600) -> list[Check]:
        subject.config_file = tmp_path / "rla_config.yaml"
        subject.config_file.write_text(text)
        subject.config_file.chmod(mode)
        return [check for check in check_configuration(subject) if check.verdict != OK]

    return judge


def test_a_configuration_that_is_fine_is_fine(judged: Callable[..., list[Check]]) -> None:
    assert judged("LOG_USED: [csv, log]\nREMOTE_SETTING: {password: hunter2}\n") == []


def test_no_configuration_is_fine_too(checks: Checks) -> None:
    assert checks(check_configuration)["rla_config.yaml"].verdict == OK


@pytest.mark.parametrize(
    ("text", "verdict", "told"),
    [
        ("LOGUSED: csv", WARNING, "Did you mean 'LOG_USED'?"),
        ("LOG_USED: [csv, tensorbord]", WARNING, "Did you mean 'tensorboard'?"),
        ("SEND_LOG_FILE: perhaps", ERROR, "expected True or False"),
        ("DL_FRAMEWORK: touch", ERROR, "Did you mean 'torch'?"),
        ("LOG_USED: [csv", ERROR, "rla_config.yaml"),
        ("- a\n- b", ERROR, "expected 'KEY: value' pairs"),
    ],
)
def test_what_is_wrong_is_told(judged: Callable[..., list[Check]], text: str, verdict: str, told: str) -> None:
    (found,) = judged(text)
    assert found.verdict == verdict
    assert told in found.found
    assert "\n" not in found.found


def test_a_password_that_others_may_read_is_noted_and_not_shown(judged: Callable[..., list[Check]]) -> None:
    (found,) = judged("REMOTE_SETTING: {password: hunter2}\n", mode=0o644)
    assert found.verdict == NOTE
    assert "chmod 600" in found.advice
    found_too = judged("REMOTE_SETTING: {password: [hunter2]}\n", mode=0o644)
    assert "hunter2" not in repr([found, *found_too])
