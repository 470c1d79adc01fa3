"""`make_output_format` makes a format by its name, with a file in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from RLA.easy_log.logger import (
    CSVOutputFormat,
    HumanOutputFormat,
    JSONOutputFormat,
    TensorBoardOutputFormat,
    make_output_format,
)

from rla.output import FileOutput, Record, Row, register_output, registry


@pytest.mark.parametrize(
    ("name", "cls", "file"),
    [
        ("log", HumanOutputFormat, "log_b.txt"),
        ("warn", HumanOutputFormat, "warn_b.txt"),
        ("backup", HumanOutputFormat, "backup_b.txt"),
        ("csv", CSVOutputFormat, "progress_b.csv"),
        ("json", JSONOutputFormat, "progress_b.json"),
        ("tensorboard", TensorBoardOutputFormat, "tb_b/events"),
    ],
)
def test_a_format_is_made_by_its_name(name: str, cls: type, file: str, tmp_path: Path) -> None:
    made = make_output_format(name, str(tmp_path / "new"), "_b")
    assert type(made) is cls
    made.writekvs({"loss": 1})
    made.close()
    assert (tmp_path / "new" / file).exists()


def test_the_terminal_is_a_format_too(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    make_output_format("stdout", tmp_path).writekvs({"loss": 1})
    assert "| loss | 1 |" in capsys.readouterr().out


def test_a_name_that_is_none_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Did you mean 'csv'"):
        make_output_format("cvs", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_registered_format_is_made_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_registered", {})

    @register_output
    class KeysOutput(FileOutput):
        name = "keys"

        def path_in(self, directory: Path) -> Path:
            return directory / "keys.txt"

        def write(self, records: Sequence[Record]) -> int:
            lines = [",".join(record.keys) + "\n" for record in records if isinstance(record, Row)]
            self.file.append("".join(lines).encode())
            return len(records)

    made = make_output_format("keys", tmp_path / "new")
    made.writekvs({"loss": 1, "return": 2})
    made.close()
    assert (tmp_path / "new" / "keys.txt").read_text() == "loss,return\n"
