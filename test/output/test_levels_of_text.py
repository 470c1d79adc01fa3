"""Lines of text below the logger's level are left out; BACKUP stands above all levels."""

from __future__ import annotations

from pathlib import Path

import pytest

from rla import logger


@pytest.mark.parametrize(
    ("level", "shown"),
    [
        (logger.DEBUG, ["debug", "info", "warn", "error", "backup"]),
        (logger.INFO, ["info", "warn", "error", "backup"]),
        (logger.WARN, ["warn", "error", "backup"]),
        (logger.ERROR, ["error", "backup"]),
        (logger.DISABLED, ["backup"]),
    ],
)
def test_each_level_leaves_out_those_below(level: int, shown: list[str], folder: Path) -> None:
    logger.configure(folder, ["log"])
    logger.set_level(level)
    for name in ("debug", "info", "warn", "error", "backup"):
        getattr(logger, name)(f"a line of {name}")
    logger.close()
    log = (folder / "log.txt").read_text()
    found = [name for name in ("debug", "info", "warn", "error", "backup") if f"a line of {name}" in log]
    assert found == shown


def test_log_takes_a_level(capsys: pytest.CaptureFixture[str]) -> None:
    logger.log("a", 1, None, level=logger.WARN)
    logger.log("hidden", level=logger.DEBUG)
    assert capsys.readouterr().out == "WARN | time step 0 | a 1 None\n"


def test_a_level_that_is_no_number_is_an_error_that_names_the_levels() -> None:
    with pytest.raises(ValueError, match="INFO"):
        logger.set_level("INFO")  # type: ignore[arg-type]


def test_rows_are_recorded_whatever_the_level(folder: Path) -> None:
    logger.configure(folder, ["csv"])
    logger.set_level(logger.DISABLED)
    logger.record_tabular("a", 1)
    logger.dump_tabular()
    logger.close()
    assert len((folder / "progress.csv").read_text().splitlines()) == 2
