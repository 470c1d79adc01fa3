"""The index knows of each experiment what its files say: card, hyper-parameters, last values, sizes, tags."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla.database.index.index import Index
from rla.database.index.sizes import Sizes

Found = Callable[[], dict[str, Sizes]]
Known = Callable[[], dict[str, dict[str, Any]]]


def test_an_experiment_with_all_its_files(experiment: Callable[..., Path], index: Index, known: Known) -> None:
    experiment(
        "13-05-01-000001", card={"tags": ["baseline"], "user": "ada", "start": 5.0}, lr=0.1, agent={"layers": [64]}
    )
    index.refresh()
    found = known()["13-05-01-000001"]
    assert found["status"] == "finished"
    assert (found["task"], found["node"], found["user"], found["start"]) == ("demo", "10.0.0.1", "ada", 5.0)
    assert found["tags"] == ["baseline"]
    assert found["parameters"] == {"lr": 0.1, "agent": {"layers": [64]}}
    assert found["last"] == {"loss": 0.5, "time-step": 10, "timestamp": 1.0}
    assert found["steps"] == 10


def test_the_size_of_each_tree(experiment: Callable[..., Path], index: Index, sizes: Found, data_root: Path) -> None:
    log_dir = experiment("13-05-01-000001")
    checkpoints = data_root / "checkpoint" / log_dir.relative_to(data_root / "log")
    (checkpoints / "inside").mkdir(parents=True)
    (checkpoints / "checkpoint_1.pt").write_bytes(b"x" * 1000)
    (checkpoints / "inside" / "other").write_bytes(b"x" * 500)
    index.refresh()
    in_log = sum(path.stat().st_size for path in log_dir.iterdir())
    assert sizes()["13-05-01-000001"].bytes == {"log": in_log, "checkpoint": 1500}


def test_the_files_of_each_tree(experiment: Callable[..., Path], index: Index, sizes: Found, data_root: Path) -> None:
    log_dir = experiment("13-05-01-000001")
    inside = log_dir.relative_to(data_root / "log")
    (data_root / "results" / inside / "figures").mkdir(parents=True)
    for name in ("a.png", "figures/b.png"):
        (data_root / "results" / inside / name).write_bytes(b"x")
    archive = data_root / "archive_tester" / f"{inside}.pkl"
    archive.parent.mkdir(parents=True)
    archive.write_bytes(b"12345")
    archive.with_suffix(".objects").write_bytes(b"678")
    index.refresh()
    found = sizes()["13-05-01-000001"]
    assert found.files == {"log": 3, "archive_tester": 2, "results": 2}
    assert found.bytes["archive_tester"] == 8


def test_code_that_experiments_share_is_not_counted_as_theirs(
    experiment: Callable[..., Path], index: Index, sizes: Found, data_root: Path
) -> None:
    log_dir = experiment("13-05-01-000001")
    code = data_root / "code" / log_dir.relative_to(data_root / "log")
    code.mkdir(parents=True)
    (code / "own.py").write_bytes(b"x" * 100)
    (code / "shared.py").write_bytes(b"x" * 10_000)
    (data_root / "body").hardlink_to(code / "shared.py")
    index.refresh()
    assert sizes()["13-05-01-000001"].bytes["code"] == 100


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, 2**70, "text", "with \ud800 half", None, True, [1, None]]
)
def test_values_of_any_kind_come_back(value: Any, experiment: Callable[..., Path], index: Index, known: Known) -> None:
    log_dir = experiment("13-05-01-000001")
    (log_dir / "parameter.json").write_text(json.dumps({"value": value}))
    index.refresh()
    assert repr(known()["13-05-01-000001"]["parameters"]["value"]) == repr(value)


@pytest.mark.parametrize("separator", ["_", " "])
def test_an_experiment_of_the_original_without_any_parameter_file(
    separator: str, index: Index, known: Known, data_root: Path
) -> None:
    name = separator.join(("21-10-11-000001", "10.0.0.5", "&lr=0.01&seed=3"))
    log_dir = data_root / "log" / "demo" / "2022/03/01" / name
    log_dir.mkdir(parents=True)
    (log_dir / "progress.csv").write_text("return,time-step\n1.5,100\n")
    index.refresh()
    found = known()["21-10-11-000001"]
    assert found["parameters"] == {"lr": "0.01", "seed": "3"}
    assert (found["status"], found.get("problem")) == ("unknown", None)
    assert found["last"]["return"] == 1.5


def test_one_that_lies_only_in_another_tree(index: Index, sizes: Found, data_root: Path) -> None:
    folder = data_root / "checkpoint" / "demo" / "2022/03/01" / "21-10-11-000001_10.0.0.5_&lr=0.01"
    folder.mkdir(parents=True)
    index.refresh()
    assert sizes()["21-10-11-000001"].bytes == {"checkpoint": 0}
