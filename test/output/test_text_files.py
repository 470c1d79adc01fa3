"""`log.txt` has all text and a table of rows, `warn.txt` the warnings, `backup.txt` the descriptions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rla import logger, time_step_holder
from rla.output import text_files


@pytest.fixture
def files_of(folder: Path) -> Callable[[], tuple[str, str, str]]:
    """Close the logger and return log.txt, warn.txt and backup.txt."""

    def close_and_read() -> tuple[str, str, str]:
        logger.close()
        log, warn, backup = ((folder / f"{name}.txt").read_text("utf-8") for name in ("log", "warn", "backup"))
        return log, warn, backup

    logger.configure(folder, ["log", "csv"])
    return close_and_read


def test_warnings_and_errors_go_to_warn_txt_with_level_and_time_step(files_of: Callable) -> None:
    time_step_holder.set_time(42)
    logger.warn("lr", 0.1, "is high")
    logger.error("diverged")
    logger.info("all is well")
    log, warn, backup = files_of()
    assert warn == "WARN | time step 42 | lr 0.1 is high\nERROR | time step 42 | diverged\n"
    assert "WARN | time step 42 | lr 0.1 is high" in log
    assert "all is well" in log
    assert backup == ""


def test_backup_lines_go_to_backup_txt_with_level_and_time_step(files_of: Callable) -> None:
    time_step_holder.set_time(7)
    logger.backup("key: lr, value: 0.1")
    log, warn, backup = files_of()
    assert backup == "BACKUP | time step 7 | key: lr, value: 0.1\n"
    assert warn == ""
    assert "key: lr, value: 0.1" in log


def test_warn_txt_and_backup_txt_are_there_whatever_the_formats(folder: Path) -> None:
    logger.configure(folder, ["csv"])
    logger.warn("careful")
    logger.backup("described")
    logger.close()
    assert "careful" in (folder / "warn.txt").read_text()
    assert "described" in (folder / "backup.txt").read_text()
    assert not (folder / "log.txt").exists()


def test_the_order_of_text_and_rows_is_kept(files_of: Callable, dump: Callable) -> None:
    logger.info("before")
    dump(loss=0.5)
    logger.info("after")
    log, _, _ = files_of()
    assert log.index("before") < log.index("| loss") < log.index("after")


def test_the_table_has_sorted_keys_and_no_timestamp(files_of: Callable, dump: Callable) -> None:
    dump(step=3, zebra=0.123456789, apple=12)
    log, _, _ = files_of()
    assert "timestamp" not in log
    lines = [line for line in log.splitlines() if line.startswith("|")]
    assert [line.split("|")[1].strip() for line in lines] == ["apple", "time-step", "zebra"]
    assert [line.split("|")[2].strip() for line in lines] == ["12", "3", "0.123457"]
    assert len({len(line) for line in log.splitlines() if line.startswith(("|", "-"))}) == 1


def test_long_keys_and_values_are_shown_in_full(files_of: Callable, dump: Callable) -> None:
    dump(**{"k" * 100: "v" * 200})
    log, _, _ = files_of()
    assert "k" * 100 in log
    assert "v" * 200 in log


def test_line_ends_in_a_value_do_not_break_the_table(files_of: Callable, dump: Callable) -> None:
    dump(note="two\nlines\r")
    log, _, _ = files_of()
    assert "two\\nlines\\r" in log


def test_of_many_fast_rows_the_first_and_the_last_are_shown(files_of: Callable, dump: Callable) -> None:
    for count in range(500):
        dump(step=count, count=count)
    log, _, _ = files_of()
    shown = [int(line.split("|")[2]) for line in log.splitlines() if line.startswith("| count")]
    assert shown[0] == 0
    assert shown[-1] == 499
    assert shown == sorted(set(shown))
    assert len(shown) < 400


def test_rows_that_come_slowly_are_all_shown(folder: Path, dump: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("rla.output.logger.time.time", lambda: now[0])
    logger.configure(folder, ["log"])
    for count in range(10):
        dump(count=count)
        now[0] += text_files.TABLE_SECONDS
    logger.close()
    assert (folder / "log.txt").read_text().count("| count") == 10


def test_rows_are_shown_again_after_the_clock_of_the_host_was_set_back(
    folder: Path, dump: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1e9]
    monkeypatch.setattr("rla.output.logger.time.time", lambda: now[0])
    logger.configure(folder, ["log"])
    dump(count=0)
    now[0] = 1e6
    dump(count=1)
    logger.flush()
    assert (folder / "log.txt").read_text().count("| count") == 2


def test_text_that_is_no_unicode_is_written_escaped(files_of: Callable) -> None:
    logger.warn("bad \udc80 name")
    log, warn, _ = files_of()
    assert "bad \\udc80 name" in warn
    assert "bad \\udc80 name" in log


def test_excluded_values_are_left_out_of_the_table(files_of: Callable) -> None:
    logger.record_tabular("hidden", 1, exclude="log")
    logger.record_tabular("shown", 2)
    logger.dump_tabular()
    log, _, _ = files_of()
    assert "shown" in log
    assert "hidden" not in log
