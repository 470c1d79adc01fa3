"""`rla du` tells what experiments take on the disk, by task, tree and experiment, and what lies outside of them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import exp_manager
from rla.cli.common import shown_size

Command = Callable[..., "object"]
KIB = 1024


@pytest.fixture
def lab(start: Callable[..., None], data_root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two experiments of one task and one of another; the checkpoints are 300, 20 and 1 KiB."""
    monkeypatch.setenv("RLA_ROOT", str(data_root))
    for task, size in (("big_task", 300), ("big_task", 20), ("small_task", 1)):
        start(task, log_used=("csv",), size_of_checkpoint=size)
        Path(exp_manager.checkpoint_dir, "model.pt").write_bytes(bytes(size * KIB))
    exp_manager.finish()
    return data_root


def below(folder: Path) -> int:
    """Return the bytes of the files below a folder, as `find -type f` lists them."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())


def test_bytes_by_task_and_tree_are_those_of_the_files(lab: Path, rla: Command) -> None:
    found = json.loads(rla("du", "--json").out)
    assert [task["task"] for task in found["tasks"]] == ["big_task", "small_task"]
    for task in found["tasks"]:
        for tree, size in task["trees"].items():
            assert size == below(lab / tree / task["task"]), tree
        assert task["total"] == sum(task["trees"].values())
    assert found["trees"]["checkpoint"] == 321 * KIB
    assert found["experiments"] == 3
    assert found["total"] == sum(found["trees"].values()) + sum(found["outside"].values())


def test_the_table_has_a_line_for_each_task_and_one_for_all(lab: Path, rla: Command) -> None:
    lines = [line.split("  ") for line in rla("du").out.splitlines()]
    table = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    assert table[1][:3] == ["task", "runs", "checkpoint"]
    assert table[3][:3] == ["big_task", "2", "320 KiB"]
    assert table[4][:3] == ["small_task", "1", "1.00 KiB"]
    assert table[5][:3] == ["all 2 tasks", "3", "321 KiB"]


def test_trees_that_do_not_fit_share_a_column(lab: Path, rla: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rla.cli.du.console", lambda: type("Terminal", (), {"width": 60}))
    shown = rla("du").out
    header, line = (next(text for text in shown.splitlines() if word in text) for word in ("runs", "big_task"))
    assert header.split()[-2:] == ["others", "total"]
    assert len(header) <= 60
    (named,) = (text for text in shown.splitlines() if text.startswith("others: "))
    others = named.removeprefix("others: ").split(", ")
    trees = json.loads(rla("du", "--json").out)["tasks"][0]["trees"]
    assert line.split()[-4:-2] == shown_size(sum(trees.get(tree, 0) for tree in others)).split()


def test_trees_are_listed_with_their_share(lab: Path, rla: Command) -> None:
    first = rla("du", "--by", "tree").out.splitlines()[3].split()
    assert first[:3] == ["checkpoint", "321", "KiB"]
    assert 90 < int(first[3]) < 100


def test_the_largest_experiments_are_listed_in_order(lab: Path, rla: Command) -> None:
    found = json.loads(rla("du", "--by", "experiment", "--json", "-n", "2").out)["largest"]
    assert [each["trees"]["checkpoint"] for each in found] == [300 * KIB, 20 * KIB]
    shown = rla("du", "--by", "experiment", "-n", "2").out
    assert shown.index("300 KiB") < shown.index("20.0 KiB")
    assert "2 of 3 experiments" in shown
    assert len(json.loads(rla("du", "--by", "experiment", "--json", "-n", "0").out)["largest"]) == 3


def test_a_task_is_looked_at_alone(lab: Path, rla: Command) -> None:
    (lab / "arc/log/small_task").mkdir(parents=True)
    (lab / "arc/log/small_task/file").write_bytes(bytes(KIB))
    found = json.loads(rla("du", "small_task", "--json").out)
    assert [task["task"] for task in found["tasks"]] == ["small_task"]
    assert found["outside"] == {}


def test_what_lies_outside_of_experiments_is_told_and_counted_once(lab: Path, rla: Command) -> None:
    body = lab / ".rla/objects/body"
    body.parent.mkdir(parents=True, exist_ok=True)
    body.write_bytes(bytes(50 * KIB))
    for copy in (lab / ".rla/trash/1/train.py", lab / "arc/code/big_task/train.py"):
        copy.parent.mkdir(parents=True)
        os.link(body, copy)
    (lab / "arc/log").mkdir()
    (lab / "arc/log/progress.csv").write_bytes(bytes(7 * KIB))
    (lab / "arc/loop").symlink_to(lab)
    before = below(lab / ".rla/objects")
    found = json.loads(rla("du", "--json").out)["outside"]
    assert found == {".rla/objects": before, "arc": 7 * KIB + (lab / "arc/loop").lstat().st_size}
    shown = rla("du").out
    assert "the code store, shared by all" in shown
    assert "archived copies" in shown
    assert "everything" in shown


def test_code_that_is_shared_counts_in_the_store(lab: Path, rla: Command) -> None:
    code = next((lab / "code/big_task").glob("*/*/*/*"))
    before = json.loads(rla("du", "--fresh", "--json").out)
    (lab / ".rla/objects").mkdir(parents=True, exist_ok=True)
    (lab / ".rla/objects/body").write_bytes(bytes(50 * KIB))
    os.link(lab / ".rla/objects/body", code / "train.py")
    after = json.loads(rla("du", "--fresh", "--json").out)
    assert after["trees"] == before["trees"]
    assert after["total"] == before["total"] + 50 * KIB


def test_a_task_that_is_not_there_is_answered_with_the_nearest(lab: Path, rla: Command) -> None:
    done = rla("du", "big_tsk")
    assert (done.code, done.out) == (2, "")
    assert "Did you mean 'big_task'?" in done.err


def test_an_empty_data_root_has_no_experiments(tmp_path: Path, rla: Command) -> None:
    (tmp_path / "empty").mkdir()
    assert rla("du", "--root", tmp_path / "empty").out == "There are no experiments.\n"
    assert json.loads(rla("du", "--root", tmp_path / "empty", "--json", "--by", "experiment").out)["total"] == 0


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "0.98 KiB"),
        (1024, "1.00 KiB"),
        (10 * KIB, "10.0 KiB"),
        (999 * KIB, "999 KiB"),
        (1000 * KIB, "0.98 MiB"),
        (5 * KIB**3, "5.00 GiB"),
        (10**18, "888 PiB"),
        (10**20, "88818 PiB"),
    ],
)
def test_sizes_have_three_digits_and_a_unit(number: int, expected: str) -> None:
    assert shown_size(number) == expected
