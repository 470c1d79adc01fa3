"""Output formats as objects, as users of OpenAI baselines make them and append them to a logger."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from RLA.easy_log.logger import (
    CSVOutputFormat,
    HumanOutputFormat,
    JSONOutputFormat,
    KVWriter,
    Logger,
    SeqWriter,
)

from rla import RLAWarning, exp_manager, files, logger, read_progress


def dump(step: int, **values: Any) -> dict[str, Any]:
    for key, value in values.items():
        logger.record_tabular(key, value)
    return logger.dump_tabular(step)


def append(*formats: Any) -> None:
    Logger.CURRENT.output_formats.extend(formats)


def test_a_class_of_the_users_gets_rows_and_text() -> None:
    class Mine(KVWriter, SeqWriter):
        def __init__(self) -> None:
            self.got: list[Any] = []

        def writekvs(self, kvs: Mapping[str, Any]) -> None:
            self.got.append(kvs["loss"])

        def writeseq(self, seq: Any) -> None:
            self.got.append(" ".join(seq))

    mine = Mine()
    append(mine)
    logger.info("step", 1)
    dump(1, loss=0.5)
    logger.warn("too high")
    logger.debug("below the level")
    assert mine.got == ["step 1", 0.5, "WARN | time step 1 | too high"]


@pytest.mark.parametrize(("base", "method"), [(KVWriter, "writekvs"), (SeqWriter, "writeseq")])
def test_a_base_says_which_method_is_missing(base: type, method: str) -> None:
    with pytest.raises(NotImplementedError, match=rf"define {method}"):
        getattr(base(), method)({})


def test_a_format_of_rows_alone_and_one_of_text_alone_get_only_these(capsys: pytest.CaptureFixture[str]) -> None:
    class Rows(KVWriter):
        rows = 0

        def writekvs(self, kvs: Mapping[str, Any]) -> None:
            self.rows += 1

    class Lines(SeqWriter):
        lines = 0

        def writeseq(self, seq: Any) -> None:
            self.lines += 1

    rows, lines = Rows(), Lines()
    append(rows, lines)
    dump(1, loss=1)
    logger.info("text")
    assert (rows.rows, lines.lines) == (1, 1)


def test_a_format_whose_text_fails_warns_once_and_stops_nothing() -> None:
    class Broken(SeqWriter):
        pass

    append(Broken())
    with pytest.warns(RLAWarning, match="Broken failed: NotImplementedError"):
        logger.info("one")
    logger.info("two")  # a second warning would be an error


def test_a_csv_file_has_a_column_for_each_key_and_keeps_every_value(tmp_path: Path) -> None:
    path = tmp_path / "below" / "eval.csv"
    csv = CSVOutputFormat(path)
    csv.writekvs({"b": 1, "a": np.float32(0.5)})
    csv.writekvs({"a": math.nan, "text": 'with "quotes", and\nlines'})
    csv.writekvs({"b": 3})
    table = pd.read_csv(path)  # nobody needs to close it
    csv.close()
    assert list(table.columns) == ["a", "b", "text"]
    assert table["b"].tolist()[::2] == [1, 3]
    assert table["text"][1] == 'with "quotes", and\nlines'
    assert path.read_text().splitlines()[:2] == ["a,b,text", "0.5,1,"]
    assert path.read_text().count("nan") == 1


def test_a_csv_file_is_gone_on_with(tmp_path: Path) -> None:
    for number in range(2):
        csv = CSVOutputFormat(str(tmp_path / "eval.csv"))
        csv.writekvs({"count": number})
        csv.close()
        csv.close()
    assert pd.read_csv(tmp_path / "eval.csv")["count"].tolist() == [0, 1]


def test_a_csv_file_of_very_many_keys_leaves_the_files_of_a_run_alone(tmp_path: Path) -> None:
    (tmp_path / "progress.long.csv").write_text("row,key,value\n5,mine,1\n")
    csv = CSVOutputFormat(tmp_path / "eval.csv")
    csv.writekvs({f"key {number}": number for number in range(1100)})
    csv.close()
    assert len(pd.read_csv(tmp_path / "eval.csv").columns) == 1000
    assert len(pd.read_csv(tmp_path / "eval.long.csv")) == 100
    assert (tmp_path / "progress.long.csv").read_text() == "row,key,value\n5,mine,1\n"


def test_a_json_file_has_an_object_for_each_row(tmp_path: Path) -> None:
    lines = JSONOutputFormat(tmp_path / "eval.json")
    lines.writekvs({"loss": np.float64(0.5), "count": np.int64(3), "done": True, "far": math.inf})
    lines.writekvs({"list": [1, 2]})
    lines.close()
    first, second = (tmp_path / "eval.json").read_text().splitlines()
    assert json.loads(first) == {"loss": 0.5, "count": 3, "done": True, "far": math.inf}
    assert json.loads(second) == {"list": "[1, 2]"}
    assert logger.read_json(tmp_path / "eval.json")["count"][0] == 3


def test_people_read_tables_and_lines_in_a_file_or_a_stream(tmp_path: Path) -> None:
    stream = io.StringIO()
    for human in (HumanOutputFormat(tmp_path / "log.txt"), HumanOutputFormat(stream)):
        human.writekvs({"train/loss": np.float32(0.123456789), "name": "täg"})
        human.writeseq(["a", "line"])
        human.close()
    assert not stream.closed
    assert stream.getvalue() == (tmp_path / "log.txt").read_text(encoding="utf-8")
    assert "| train/loss | 0.123457 |" in stream.getvalue()
    assert stream.getvalue().endswith("\na line\n")


@pytest.mark.parametrize("wrong", [None, 3, object()])
def test_what_is_neither_a_path_nor_a_stream_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match=type(wrong).__name__):
        HumanOutputFormat(wrong)


def test_formats_that_are_appended_get_each_row_of_the_run(tmp_path: Path, start: Callable[..., None]) -> None:
    start(lr=0.1)
    append(CSVOutputFormat(Path(exp_manager.results_dir) / "eval.csv"), HumanOutputFormat(tmp_path / "own.txt"))
    for step in range(3):
        dump(step, loss=step)
    logger.info("a line")
    assert pd.read_csv(exp_manager.results_dir + "eval.csv")["loss"].tolist() == [0, 1, 2]
    assert (tmp_path / "own.txt").read_text().endswith("\na line\n")
    assert [row["loss"] for row in read_progress(exp_manager.log_dir).rows] == [0, 1, 2]


@pytest.mark.parametrize("name", ["progress.csv", "progress.json", "log.txt"])
def test_a_file_that_the_run_itself_writes_is_refused(name: str, tmp_path: Path) -> None:
    logger.configure(tmp_path, ["csv", "json", "log"])
    make = {"csv": CSVOutputFormat, "json": JSONOutputFormat, "txt": HumanOutputFormat}[name.rpartition(".")[2]]
    with pytest.raises(ValueError, match=rf"{name}.* is written by a logger itself"):
        make(tmp_path / name)
    make(tmp_path / f"own.{name}")


def test_a_full_disk_warns_and_the_rows_are_written_once_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(csv := CSVOutputFormat(tmp_path / "eval.csv"))
    dump(0, loss=0)
    real = files.append

    def refuse(fd: int, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "append", refuse)
    with pytest.warns(RLAWarning, match="CSVOutputFormat failed: OSError"):
        dump(1, loss=1)
    monkeypatch.setattr(files, "append", real)
    dump(2, loss=2)
    csv.close()
    assert pd.read_csv(tmp_path / "eval.csv")["loss"].tolist() == [0, 1, 2]
