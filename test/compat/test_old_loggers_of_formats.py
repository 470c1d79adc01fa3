"""`Logger(dir, output_formats, …)`, as OpenAI baselines make it, hands all that it gets to the formats it was given."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from RLA.easy_log.logger import CSVOutputFormat, HumanOutputFormat, KVWriter, Logger, SeqWriter

from rla import RLAWarning, logger, read_progress
from rla.clock import TimeStepHolder


class Collecting(KVWriter, SeqWriter):
    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.lines: list[str] = []
        self.closed = 0

    def writekvs(self, kvs: Any) -> None:
        self.rows.append(kvs)

    def writeseq(self, seq: Any) -> None:
        self.lines += seq

    def close(self) -> None:
        self.closed += 1


def test_rows_go_to_its_formats_and_nowhere_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = Collecting()
    own = Logger(dir=str(tmp_path / "own"), output_formats=[mine, CSVOutputFormat(tmp_path / "own.csv")])
    own.logkv("loss", 0.5)
    own.logkv_mean("return", 1.0)
    own.logkv_mean("return", 2.0)
    row = own.dumpkvs()
    assert mine.rows == [row]
    assert (row["loss"], row["return"]) == (0.5, 1.5)
    assert own.dumpkvs() == {}
    assert len(mine.rows) == 1
    assert pd.read_csv(tmp_path / "own.csv")["loss"].tolist() == [0.5]
    assert capsys.readouterr().out == ""
    assert own.get_dir() == str(tmp_path / "own")
    assert not (tmp_path / "own").exists()


def test_text_goes_to_the_formats_of_its_level(capsys: pytest.CaptureFixture[str]) -> None:
    everything, warnings, backups = Collecting(), Collecting(), Collecting()
    own = Logger(None, [everything], [warnings], [backups])
    own.log("a", 1)
    own.warn("careful")
    own.error("wrong")
    own.backup("lr: 0.1")
    own.debug("below")
    own.set_level(logger.DISABLED)
    own.log("silent", level=logger.ERROR)
    assert [line.rpartition(" | ")[2] for line in everything.lines] == ["a 1", "careful", "wrong", "lr: 0.1"]
    assert warnings.lines == everything.lines[1:3]
    assert backups.lines == everything.lines[3:]
    assert warnings.lines[0].startswith("WARN | time step 0 |")
    assert capsys.readouterr().out == ""


def test_a_stream_of_text_shows_both() -> None:
    stream = io.StringIO()
    own = Logger(None, output_formats=[HumanOutputFormat(stream)])
    own.log("hello")
    own.logkv("loss", 1)
    own.dumpkvs()
    assert stream.getvalue().startswith("hello\n---")
    assert "| loss      | 1 |" in stream.getvalue()


def test_close_closes_its_formats_whatever_they_raise() -> None:
    class Broken(Collecting):
        def close(self) -> None:
            raise RuntimeError("no")

    formats = [Collecting(), Broken(), Collecting(), object()]
    own = Logger(None, formats)
    with pytest.warns(RLAWarning, match="Broken could not be closed: RuntimeError: no"):
        own.close()
    assert [each.closed for each in formats[::2] if isinstance(each, Collecting)] == [1, 1]


def test_the_logger_of_the_process_does_not_close_what_was_appended(tmp_path: Path) -> None:
    mine = Collecting()
    Logger.CURRENT.output_formats.append(mine)
    logger.configure(tmp_path / "a", ["csv"])
    logger.configure(tmp_path / "b", ["csv"])
    logger.record_tabular("loss", 1)
    logger.dump_tabular()
    assert (mine.closed, len(mine.rows)) == (0, 1)


def test_the_callback_gets_each_row() -> None:
    rows: list[dict[str, Any]] = []
    own = Logger(None, [], [], [], None, rows.append)
    own.logkv("loss", 1)
    assert own.dumpkvs() == rows[0]


def test_without_formats_it_is_a_logger_as_ever(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clock = TimeStepHolder(5)
    for own in (Logger(), Logger(clock), Logger(clock=clock)):
        own.info("hello")
        own.logkv("loss", 1)
        row = own.dumpkvs()
        assert row["time-step"] == (5 if own.clock is clock else 0)
    out = capsys.readouterr().out
    assert out.count("hello\n") == out.count("| loss ") == 3
    own.open(tmp_path / "own", ("csv",))
    own.logkv("loss", 2)
    own.dumpkvs()
    own.close()
    assert [row["loss"] for row in read_progress(tmp_path / "own").rows] == [2]


def test_set_comm_changes_nothing() -> None:
    own = Logger(None, [mine := Collecting()], comm="of MPI")
    own.set_comm("of MPI")
    own.logkv("loss", 1)
    own.dumpkvs()
    assert len(mine.rows) == 1


def test_it_may_set_itself_aside(tmp_path: Path) -> None:
    mine = Collecting()
    own = Logger(str(tmp_path), [mine])
    inner = Logger()
    inner.open(tmp_path / "inner", ("csv",))
    own.logkv("open", 1)
    with own.scope(inner):
        own.logkv("loss", 1)
        own.dumpkvs()
    assert own.dumpkvs()["open"] == 1
    assert [row["open"] for row in mine.rows] == [1]
    assert [row["loss"] for row in read_progress(tmp_path / "inner").rows] == [1]


def test_what_its_formats_hold_is_whole_when_the_program_ends(run_python: Callable, tmp_path: Path) -> None:
    done = run_python(
        "from RLA.easy_log.logger import CSVOutputFormat, Logger\n"
        "own = Logger('.', [CSVOutputFormat('own.csv')], [], [])\n"
        "for step in range(50):\n"
        "    own.logkv(f'key {step // 10}', step)\n"
        "    own.dumpkvs()\n"
    )
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(tmp_path / "own.csv")
    assert len(table) == 50
    assert table["key 4"].tolist()[-10:] == list(range(40, 50))
