"""Folders with names that no tool gives, and links that lead anywhere, hide nothing and let nobody out."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from rla import LOG, experiment_data_query
from rla.query import Experiment, experiments

pytestmark = pytest.mark.timeout(30)
DAY = "2026/11/20"
NAME = "14-00-01-000001_10.0.0.1_&lr=0.5"
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")
Good = Callable[[int], str]


@pytest.fixture
def day(good: Good, data_root: Path) -> Path:
    """The folder of a day on which there is one good experiment."""
    good(1)
    return data_root / "log" / "demo" / DAY


def others(data_root: Path) -> list[Experiment]:
    """Return all but the good one, which is listed as ever."""
    every = list(experiments(data_root))
    (kept,) = [each for each in every if each.record_date == f"{DAY}/13-01-01-000001"]
    assert (kept.status, kept.problem, kept.parameters) == ("finished", None, {"lr": 0.1})
    return [each for each in every if each is not kept]


@pytest.mark.parametrize("name", ["notes", "\x1b[31mred\nline\x9b", ".hidden", "x" * 255, "١٤-00-01-000001_a_&"])
def test_a_folder_that_is_no_index_name_is_unreadable(day: Path, data_root: Path, name: str) -> None:
    (day / name[: 255 if name.isascii() else 60]).mkdir()
    (only,) = others(data_root)
    assert (only.status, only.problem) == ("unreadable", f"'{name}' is no index name")


@pytest.mark.parametrize(
    "name", [f"{NAME}\n\x1b[31m\x9b\u202e", f"{NAME}&x={'y' * 300}".encode()[:255].decode(), f"{NAME}&a=%s%d\\ {{}}"]
)
def test_a_name_with_anything_behind_its_beginning_is_an_experiment(day: Path, data_root: Path, name: str) -> None:
    (day / name).mkdir()
    (only,) = others(data_root)
    assert (only.status, only.record_date) == ("unknown", f"{DAY}/14-00-01-000001")
    assert only.parameters["lr"].startswith("0.5")
    assert only.log_dir.exists()


def test_a_name_of_bytes_that_are_no_text_is_shown_escaped_and_its_files_are_read(day: Path, data_root: Path) -> None:
    folder = os.fsencode(day) + b"/14-00-01-000001_10.0.0.1_&note=caf\xe9"
    os.mkdir(folder)
    with open(folder + b"/parameter.json", "w") as stream:
        stream.write('{"note": "cafe"}')
    (only,) = others(data_root)
    assert only.name.endswith("note=caf\\xe9")
    assert only.parameters == {"note": "cafe"}
    assert len(list(experiments(data_root, refresh=False))) == 2


def test_the_terminal_gets_none_of_it(day: Path, data_root: Path, rla: Callable[..., Result]) -> None:
    (day / f"{NAME}\n\x1b[31m\x9b\u202e").mkdir()
    (day / "\x1b]0;title\x07").mkdir()
    os.mkdir(os.fsencode(day) + b"/15-00-01-000001_10.0.0.1_&a=\xe9")
    hostile = data_root / "log" / "t\x1b[31m" / DAY / NAME
    hostile.mkdir(parents=True)
    (hostile / "parameter.json").write_text('{"\\u001b[1m\\n": "\\u009b\\ud800", "b": "\\u001b]0;\\u0007"}')
    for arguments in (
        ["ls"],
        ["ls", "--names"],
        ["query", "lr"],
        ["fsck"],
        ["show", "t\x1b"],
        ["diff", "t\x1b", "13-"],
    ):
        for form in ([], ["--json"]):
            done = rla(*arguments, *form, "--root", data_root)
            assert done.exit_code in (0, 1), done.output
            assert CONTROL.search(done.output) is None, done.output
            if form:
                json.loads(done.stdout)


def test_an_error_that_names_such_a_run_is_plain_text(day: Path, data_root: Path, rla_process: Callable) -> None:
    for number in range(2):
        (day / f"14-00-0{number}-000001_a_&x=\x1b[31m").mkdir()
    done = rla_process("show", "14-00", "--root", data_root)
    assert done.returncode == 2
    assert b"names 2 experiments" in done.stderr
    assert b"\\x1b[31m" in done.stderr
    assert CONTROL.search(done.stderr.decode()) is None


def test_a_link_out_of_the_data_root_is_an_experiment_of_its_own(day: Path, data_root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "parameter.json").write_text('{"lr": 0.7}')
    (day / NAME).symlink_to(outside)
    (only,) = others(data_root)
    assert (only.status, only.parameters) == ("unknown", {"lr": 0.7})


@pytest.mark.parametrize("target", ["/", "."])
def test_a_link_to_the_whole_disk_or_to_its_own_folder_is_not_gone_through(
    day: Path, data_root: Path, target: str
) -> None:
    (day / NAME).symlink_to(target)
    (only,) = others(data_root)
    assert only.status == "unknown"
    assert only.sizes["log"] < 1 << 30


@pytest.mark.parametrize(("target", "problem"), [("/nowhere/at/all", "leads nowhere"), (NAME, "Too many levels")])
def test_a_link_that_leads_nowhere_is_unreadable(day: Path, data_root: Path, target: str, problem: str) -> None:
    (day / NAME).symlink_to(target)
    (only,) = others(data_root)
    assert only.status == "unreadable"
    assert str(day / NAME) in str(only.problem)
    assert problem in str(only.problem)


def test_a_task_that_is_a_link_is_a_task_and_one_that_leads_back_is_none(
    day: Path, data_root: Path, tmp_path: Path
) -> None:
    (tmp_path / "disk" / DAY / NAME).mkdir(parents=True)
    (data_root / "log" / "linked").symlink_to(tmp_path / "disk")
    for number in range(12):
        (data_root / "log" / f"back{number}").symlink_to(data_root if number % 2 else ".")
    (only,) = others(data_root)
    assert (only.task, only.status) == ("linked", "unknown")


def test_files_in_the_places_of_folders_hide_nothing(day: Path, data_root: Path) -> None:
    (day / NAME).write_text("a file")
    (day.parent / "21").write_text("a file")
    (data_root / "log" / "demo" / "2025").write_text("a file")
    (data_root / "log" / "file").write_text("a file")
    (data_root / "checkpoint").write_text("a file")
    (data_root / "code").symlink_to("code")
    (data_root / "archive_tester").symlink_to("/nowhere")
    os.mkfifo(data_root / "results")
    assert others(data_root) == []


def test_a_place_that_was_claimed_and_one_of_which_half_was_deleted_are_listed(day: Path, data_root: Path) -> None:
    (day / "14-00-01-000001_10.0.0.1_").mkdir()
    (data_root / "code" / "demo" / DAY / "15-00-01-000001_10.0.0.1_&lr=0.5").mkdir(parents=True)
    claimed, half = others(data_root)
    assert (claimed.status, claimed.parameters, list(claimed.sizes)) == ("unknown", {}, ["log"])
    assert (half.status, half.parameters, list(half.sizes)) == ("unknown", {"lr": "0.5"}, ["code"])


def test_folders_in_each_other_without_end_are_measured(open_place: Path) -> None:
    here = os.getcwd()
    log = open_place / "log" / "demo" / DAY / NAME
    log.mkdir(parents=True)
    try:
        os.chdir(log)
        for _ in range(1_500):
            os.mkdir("d")
            os.chdir("d")
        Path("file").write_text("12345")
        os.chdir(here)
        (only,) = experiments(open_place)
        assert (only.status, only.sizes) == ("unknown", {"log": 5})
    finally:
        os.chdir(here)
        subprocess.run(["rm", "-rf", str(log)], check=True)  # shutil.rmtree cannot


def test_the_older_query_lists_the_good_one_among_all_of_them(day: Path, data_root: Path) -> None:
    (day / "notes").mkdir()
    (day / NAME).symlink_to(NAME)
    (day / "15-00-01-000001_a_&").write_text("a file")
    assert list(experiment_data_query(data_root, "demo", None, LOG)) == [f"{DAY}/13-01-01-000001"]
