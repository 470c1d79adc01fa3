"""Each name of `RLA.easy_log.logger` for lines of text: called once, and its result looked at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from RLA.easy_log import logger


@pytest.fixture
def text(tmp_path: Path) -> Callable[..., str]:
    """Record into a folder, call a function, and return what stands in one of its text files."""

    def written_by(call: Callable[[], object], file: str = "log.txt") -> str:
        logger.configure(tmp_path / "text", ["log"])
        call()
        logger.reset()
        return (tmp_path / "text" / file).read_text()

    return written_by


def test_levels() -> None:
    levels = [logger.DEBUG, logger.INFO, logger.WARN, logger.ERROR, logger.DISABLED, logger.BACKUP]
    assert levels == [10, 20, 30, 40, 50, 60]


# ---- text ------------------------------------------------------------------------------------------------------------


def test_log(text: Callable[..., str]) -> None:
    assert "a 1 None\n" in text(lambda: logger.log("a", 1, None, level=logger.INFO))


def test_debug(text: Callable[..., str]) -> None:
    assert "hidden" not in text(lambda: logger.debug("hidden"))


def test_info(text: Callable[..., str]) -> None:
    assert "loss 0.5\n" in text(lambda: logger.info("loss", 0.5))


def test_warn(text: Callable[..., str]) -> None:
    assert text(lambda: logger.warn("too", "high"), "warn.txt") == "WARN | time step 0 | too high\n"


def test_error(text: Callable[..., str]) -> None:
    assert text(lambda: logger.error("wrong"), "warn.txt") == "ERROR | time step 0 | wrong\n"


def test_backup(text: Callable[..., str]) -> None:
    assert text(lambda: logger.backup("lr: 0.1"), "backup.txt") == "BACKUP | time step 0 | lr: 0.1\n"


def test_set_level(text: Callable[..., str]) -> None:
    logger.set_level(logger.DEBUG)
    assert "shown\n" in text(lambda: logger.debug("shown"))
    logger.set_level(logger.DISABLED)
    assert "silent" not in text(lambda: logger.error("silent"))
