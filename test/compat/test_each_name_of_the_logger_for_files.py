"""Each name of `RLA.easy_log.logger` that writes or reads files: called once, and its result looked at."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from RLA.easy_log import logger


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The log folder of a run with two rows in all data formats."""
    logger.configure(tmp_path / "run", ["csv", "json", "tensorboard"])
    for step in range(2):
        logger.logkv("loss", step / 2)
        logger.set_time(step)
        logger.dumpkvs()
    logger.reset()
    return tmp_path / "run"


def test_read_csv(run: Path) -> None:
    assert logger.read_csv(str(run / "progress.csv"))["loss"].tolist() == [0.0, 0.5]


def test_read_json(run: Path) -> None:
    assert logger.read_json(str(run / "progress.json"))["loss"].tolist() == [0.0, 0.5]


def test_read_tb(run: Path) -> None:
    table = logger.read_tb(str(run / "tb" / "events"))
    assert table["loss"].to_dict() == {0: 0.0, 1: 0.5}


def test_KVWriter() -> None:  # noqa: N802  # here and below: the name of the class
    with pytest.raises(NotImplementedError):
        logger.KVWriter().writekvs({})


def test_SeqWriter() -> None:  # noqa: N802
    with pytest.raises(NotImplementedError):
        logger.SeqWriter().writeseq([])


def test_HumanOutputFormat() -> None:  # noqa: N802
    human = logger.HumanOutputFormat(stream := io.StringIO())
    human.writekvs({"loss": 0.5})
    human.writeseq(["a", "line"])
    human.close()
    assert stream.getvalue() == "--------------\n| loss | 0.5 |\n--------------\na line\n"


def test_JSONOutputFormat(tmp_path: Path) -> None:  # noqa: N802
    lines = logger.JSONOutputFormat(str(tmp_path / "eval.json"))
    lines.writekvs({"loss": 0.5})
    lines.close()
    assert (tmp_path / "eval.json").read_text() == '{"loss": 0.5}\n'


def test_CSVOutputFormat(tmp_path: Path) -> None:  # noqa: N802
    csv = logger.CSVOutputFormat(str(tmp_path / "eval.csv"))
    csv.writekvs({"loss": 0.5, "a": 1})
    csv.close()
    assert (tmp_path / "eval.csv").read_text() == "a,loss\n1,0.5\n"


def test_TensorBoardOutputFormat(tmp_path: Path) -> None:  # noqa: N802
    board = logger.TensorBoardOutputFormat(str(tmp_path), "torch")
    board.writekvs({"loss": 0.5})
    board.writer.add_scalar("own", 1.5, 3)
    board.add_hyper_params_to_tb({"lr": 0.1}, metric_dict=None)
    board.close()
    table = logger.read_tb(tmp_path / "events")
    assert (table["loss"][0], table["own"][3]) == (0.5, 1.5)


def test_make_output_format(tmp_path: Path) -> None:
    csv = logger.make_output_format("csv", str(tmp_path), log_suffix="-2", framework="tensorflow")
    csv.writekvs({"loss": 0.5})
    csv.close()
    assert (tmp_path / "progress-2.csv").read_text() == "loss\n0.5\n"


def test_summary_val() -> None:
    value = logger.summary_val("loss", 0.5)
    assert (value.tag, value.simple_value) == ("loss", 0.5)


def test_valid_float_value() -> None:
    assert logger.valid_float_value("0.5")
    assert not logger.valid_float_value("half")


def test_get_tbx_writer(tmp_path: Path) -> None:
    logger.configure(tmp_path / "own", ["tensorboard"])
    logger.get_tbx_writer().add_scalar("loss", 0.5, 4)
    assert logger.read_tb(tmp_path / "own")["loss"].to_dict() == {4: 0.5}
