"""`exclude` keeps a value out of some formats, for that row only."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from rla import logger, read_progress
from rla.output.fold import fold_dead_run


def columns_of(folder: Path) -> list[str]:
    return [key for key in pd.read_csv(folder / "progress.csv").columns if key not in ("time-step", "timestamp")]


@pytest.mark.parametrize("exclude", ["csv", ("csv",), ["csv"], ("csv", "log"), {"csv"}, iter(["csv"])])
def test_it_may_be_a_name_or_several(exclude: Any, folder: Path, scalars: Callable) -> None:
    logger.configure(folder, ["csv", "tensorboard"])
    logger.record_tabular("hidden", 1, exclude=exclude)
    logger.record_tabular("shown", 2)
    row = logger.dump_tabular(step=1)
    logger.close()
    assert row["hidden"] == 1
    assert columns_of(folder) == ["shown"]
    assert set(scalars(folder)) == {"hidden", "shown"}


@pytest.mark.parametrize("exclude", [None, (), []])
def test_nothing_may_be_excluded(exclude: Any, folder: Path) -> None:
    logger.configure(folder, ["csv"])
    logger.record_tabular("shown", 1, exclude=exclude)
    logger.dump_tabular()
    logger.close()
    assert columns_of(folder) == ["shown"]


def test_each_format_is_spared_by_its_name(folder: Path, scalars: Callable, capsys: pytest.CaptureFixture) -> None:
    formats = ("csv", "tensorboard", "json", "log", "stdout")
    logger.configure(folder, formats)
    for name in formats:
        logger.record_tabular(f"no {name}", 1, exclude=name)
    logger.dump_tabular(step=1)
    logger.close()
    found = {
        "csv": columns_of(folder),
        "tensorboard": list(scalars(folder)),
        "json": list(json.loads((folder / "progress.json").read_text())),
        "log": [line.split("|")[1].strip() for line in (folder / "log.txt").read_text().split("\n") if "|" in line],
        "stdout": [line.split("|")[1].strip() for line in capsys.readouterr().out.split("\n") if "|" in line],
    }
    for name in formats:
        assert {key for key in found[name] if key.startswith("no ")} == {f"no {other}" for other in formats} - {
            f"no {name}"
        }


def test_the_last_record_of_a_key_decides(folder: Path) -> None:
    logger.configure(folder, ["csv"])
    logger.record_tabular("a", 1, exclude="csv")
    logger.record_tabular("a", 2)
    logger.record_tabular("b", 1)
    logger.record_tabular("b", 2, exclude="csv")
    logger.dump_tabular()
    logger.close()
    assert columns_of(folder) == ["a"]


def test_it_does_not_outlast_its_row(folder: Path) -> None:
    logger.configure(folder, ["csv"])
    logger.record_tabular("a", 1, exclude="csv")
    logger.record_tabular("b", 1)
    logger.dump_tabular()
    logger.record_tabular("a", 2)
    logger.dump_tabular()
    logger.close()
    assert [row.get("a") for row in read_progress(folder).rows] == [None, 2]


def test_it_stays_with_its_value_when_another_thread_dumps_in_between(folder: Path) -> None:
    class DumpsWhenHashedAgain(str):
        """Stands for a thread that dumps after the exclusion was noted, before the value is."""

        times = 0

        def __hash__(self) -> int:
            type(self).times += 1
            if type(self).times == 2:
                logger.dump_tabular()
            return super().__hash__()

        def __eq__(self, other: object) -> bool:
            return super().__eq__(other)

    logger.configure(folder, ["csv"])
    logger.record_tabular("shown", 1)
    logger.record_tabular(DumpsWhenHashedAgain("hidden"), 1, exclude="csv")
    logger.record_tabular("shown", 2)
    logger.dump_tabular()
    logger.close()
    assert [row["shown"] for row in read_progress(folder).rows] == [1, 2]
    assert columns_of(folder) == ["shown"]


def test_an_unknown_name_is_warned_of_once_with_the_nearest(said: list[str]) -> None:
    for _ in range(5):
        logger.record_tabular("a", 1, exclude=("tensorbord", "csv"))
        logger.dump_tabular()
    (text,) = said
    assert "tensorbord" in text
    assert "Did you mean 'tensorboard'?" in text


def test_an_unknown_name_does_not_stop_the_training_where_warnings_are_errors() -> None:
    logger.record_tabular("a", 1, exclude="nonsense")
    assert logger.dump_tabular()["a"] == 1


def test_what_survives_a_kill_is_excluded_too(folder: Path, killed: Callable, scalars: Callable) -> None:
    def program(acknowledge: Callable[[int], None]) -> None:
        logger.configure(folder, ["csv", "tensorboard"])
        logger.record_tabular("hidden", 1, exclude="csv")
        logger.record_tabular("shown", 1, exclude="tensorboard")
        logger.dump_tabular()
        os.kill(os.getpid(), 9)

    killed(program)
    assert "hidden" not in read_progress(folder).rows[0]
    fold_dead_run(folder)
    assert columns_of(folder) == ["shown"]
    assert set(scalars(folder)) == {"hidden"}
