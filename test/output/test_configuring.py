"""`logger.configure` records into a folder without an experiment; `reset` and the next `configure` end that."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from rla import Logger, logger
from rla.errors import ConfigValueError, RunIsAliveError


def test_without_a_folder_a_new_one_for_temporary_files_is_made(
    dump: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    seen = set()
    for _ in range(2):
        logger.configure()
        directory = logger.get_dir()
        assert directory is not None
        assert Path(directory).parent == tmp_path
        dump(loss=1)
        logger.close()
        assert sorted(path.name for path in Path(directory).iterdir()) == [
            "backup.txt",
            "log.txt",
            "progress.csv",
            "warn.txt",
        ]
        seen.add(directory)
    assert len(seen) == 2


def test_get_dir_is_the_folder_while_it_records(folder: Path) -> None:
    assert logger.get_dir() is None
    logger.configure(folder, ["csv"])
    assert logger.get_dir() == str(folder)
    logger.close()
    assert logger.get_dir() is None


def test_the_folder_may_be_a_text_and_is_made_with_those_above_it(tmp_path: Path, dump: Callable) -> None:
    logger.configure(str(tmp_path / "a" / "b" / "c"), ["csv"])
    dump(loss=1)
    logger.close()
    assert (tmp_path / "a" / "b" / "c" / "progress.csv").exists()


def test_configured_again_it_goes_on_in_the_other_folder(tmp_path: Path, dump: Callable) -> None:
    for name in ("a", "b", "a"):
        logger.configure(tmp_path / name, ["csv"])
        dump(loss=1)
    logger.close()
    assert len(pd.read_csv(tmp_path / "a" / "progress.csv")) == 2
    assert len(pd.read_csv(tmp_path / "b" / "progress.csv")) == 1
    assert not (tmp_path / "a" / ".journal").exists()


def test_an_unknown_format_is_an_error_that_names_the_nearest(folder: Path, dump: Callable) -> None:
    with pytest.raises(ConfigValueError, match="'tensorboard'"):
        logger.configure(folder, ["csv", "tensorbord"])
    logger.configure(folder, ["csv"])
    dump(loss=1)
    logger.close()
    assert len(pd.read_csv(folder / "progress.csv")) == 1


def test_a_format_named_twice_is_written_once(folder: Path, dump: Callable) -> None:
    logger.configure(folder, ["csv", "csv", "warn"])
    dump(loss=1)
    logger.warn("careful")
    logger.close()
    assert len(pd.read_csv(folder / "progress.csv")) == 1
    assert (folder / "warn.txt").read_text().count("careful") == 1


def test_no_formats_still_keep_warnings_and_descriptions(folder: Path, dump: Callable) -> None:
    logger.configure(folder, [])
    dump(loss=1)
    logger.close()
    assert sorted(path.name for path in folder.iterdir()) == ["backup.txt", "warn.txt"]


def test_reset_ends_the_recording_and_forgets_the_open_row(folder: Path, dump: Callable) -> None:
    logger.configure(folder, ["csv"])
    dump(loss=1)
    logger.record_tabular("pending", 1)
    logger.reset()
    assert logger.get_dir() is None
    assert logger.dump_tabular() == {}
    assert list(pd.read_csv(folder / "progress.csv")["loss"]) == [1]
    assert not (folder / ".journal").exists()


def test_reset_may_be_called_at_any_time() -> None:
    for _ in range(3):
        logger.reset()
        logger.close()
        logger.flush()


def test_what_was_recorded_before_is_in_the_first_row(folder: Path) -> None:
    logger.record_tabular("early", 1)
    logger.configure(folder, ["csv"])
    logger.record_tabular("late", 2)
    row = logger.dump_tabular()
    assert (row["early"], row["late"]) == (1, 2)


def test_a_second_process_is_refused_while_the_first_records(
    folder: Path, dump: Callable, run_python: Callable
) -> None:
    program = (
        "import sys\nfrom rla import logger\nfrom rla.errors import RunIsAliveError\ntry:\n"
        "    logger.configure(sys.argv[1], ['csv'])\nexcept RunIsAliveError as error:\n    print('refused:', error)"
    )
    logger.configure(folder, ["csv"])
    dump(loss=1)
    assert "refused" in run_python(program, folder).stdout
    dump(loss=2)
    logger.close()
    assert list(pd.read_csv(folder / "progress.csv")["loss"]) == [1, 2]
    assert "refused" not in run_python(program, folder).stdout


def test_a_second_logger_of_the_same_process_is_refused_too(folder: Path, dump: Callable) -> None:
    logger.configure(folder, ["csv"])
    second = Logger()
    with pytest.raises(RunIsAliveError):
        second.open(folder, ["csv"])
    assert second.get_dir() is None
    second.open(folder / "below", ["csv"])
    second.record_tabular("loss", 1)
    second.dump_tabular()
    second.close()
    dump(loss=2)
    logger.close()
    assert list(pd.read_csv(folder / "progress.csv")["loss"]) == [2]
    assert list(pd.read_csv(folder / "below" / "progress.csv")["loss"]) == [1]


def test_of_many_processes_that_start_at_once_one_records(folder: Path) -> None:
    program = (
        "import sys, time\nfrom rla import logger\n"
        "logger.configure(sys.argv[1], ['csv'])\nlogger.record_tabular('a', 1)\nlogger.dump_tabular()\n"
        "print('recording', flush=True)\nsys.stdin.read()\nlogger.close()"
    )
    children = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).resolve().parents[2],
        )
        for _ in range(4)
    ]
    refused = 0
    try:
        # the three that are refused end; then the one that records is told to end
        deadline = time.monotonic() + 30
        while refused < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
            refused = sum(child.poll() is not None for child in children)
        outputs = [child.communicate(timeout=30) for child in children]
    finally:
        for child in children:
            child.kill()
            child.wait()
    assert sum(child.returncode == 0 for child in children) == 1, outputs
    assert sum("RunIsAliveError" in errors for _, errors in outputs) == 3
    assert len(pd.read_csv(folder / "progress.csv")) == 1


def test_a_program_that_just_ends_has_complete_files(run_python: Callable, folder: Path) -> None:
    done = run_python(
        "import sys\nfrom rla import logger\nlogger.configure(sys.argv[1], ['csv', 'tensorboard'])\n"
        "for count in range(1000):\n    logger.record_tabular('count', count)\n    logger.dump_tabular()",
        folder,
    )
    assert done.returncode == 0, done.stderr
    assert list(pd.read_csv(folder / "progress.csv")["count"]) == list(range(1000))
    assert not (folder / ".journal").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="names of POSIX")
def test_a_path_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OSError, match="file"):
        logger.configure(tmp_path / "file", ["csv"])
    assert (tmp_path / "file").read_text() == "mine"
