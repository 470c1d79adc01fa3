"""Tables for people come every few seconds when rows come faster; how often is for the user to say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rla import exp_manager, logger


def shown(folder: Path) -> list[int]:
    """Return the counts in the tables of log.txt."""
    lines = (folder / "log.txt").read_text().splitlines()
    return [int(line.split("|")[2]) for line in lines if line.startswith("| count")]


@pytest.mark.usefixtures("own_pace")
def test_zero_shows_every_row(folder: Path, dump: Callable, capsys: pytest.CaptureFixture) -> None:
    logger.configure(folder, ["log"], table_seconds=0)
    for count in range(300):
        dump(count=count)
    logger.close()
    assert shown(folder) == list(range(300))


@pytest.mark.parametrize(("seconds", "expected"), [(0, 20), (1, 20), (2, 11), (5, 5), (100, 2)])
@pytest.mark.usefixtures("own_pace")
def test_rows_a_second_apart_are_shown_as_often_as_was_asked_for(
    seconds: float, expected: int, folder: Path, dump: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("rla.output.logger.time.time", lambda: now[0])
    monkeypatch.setattr("rla.output.text_files.time.time", lambda: now[0])
    logger.configure(folder, ["log"], table_seconds=seconds)
    for count in range(20):
        dump(count=count)
        now[0] += 1
    logger.close()
    assert len(shown(folder)) == expected
    assert shown(folder)[-1] == 19


@pytest.mark.usefixtures("own_pace")
def test_the_configuration_says_how_often(tmp_path: Path, dump: Callable) -> None:
    config = {"LOG_USED": ["log"], "LOG_TABLE_SECONDS": 0}
    exp_manager.configure("demo_task", config, data_root=tmp_path, code_root=tmp_path)
    exp_manager.log_files_gen()
    for count in range(50):
        dump(count=count)
    folder = Path(exp_manager.log_dir)
    exp_manager.finish()
    assert shown(folder) == list(range(50))


@pytest.mark.usefixtures("own_pace")
def test_data_files_keep_every_row_all_the_same(folder: Path, dump: Callable) -> None:
    logger.configure(folder, ["log", "csv"], table_seconds=1000)
    for count in range(100):
        dump(count=count)
    logger.close()
    assert shown(folder) == [0, 99]
    assert len(logger.read_csv(folder)) == 100
