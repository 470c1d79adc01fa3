"""All outputs of ours keep the contract that those of other packages inherit."""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from rla import read_progress
from rla.errors import printable
from rla.names import BACKUP, WARN
from rla.output import Record, Text
from rla.output.csv_file import CsvOutput
from rla.output.json_lines import JsonOutput
from rla.output.table import shortened
from rla.output.tensorboard import TensorBoardOutput
from rla.output.text_files import BackupOutput, LogOutput, StdoutOutput, WarnOutput
from rla.testing.output import OutputContract


class TestCsv(OutputContract):
    @pytest.fixture
    def output_class(self) -> type[CsvOutput]:
        return CsvOutput

    def read(self, directory: Path) -> list[dict[str, Any]]:
        return list(read_progress(directory).rows)

    def expected(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in values.items() if value is not None}  # an empty cell says nothing


class TestJson(OutputContract):
    @pytest.fixture
    def output_class(self) -> type[JsonOutput]:
        return JsonOutput

    def read(self, directory: Path) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (directory / "progress.json").read_bytes().splitlines()]


class TestTensorBoard(OutputContract):
    @pytest.fixture
    def output_class(self) -> type[TensorBoardOutput]:
        return TensorBoardOutput

    def read(self, directory: Path) -> list[dict[str, Any]]:
        loader = pytest.importorskip("tensorboard.backend.event_processing.event_file_loader")
        events = [
            event
            for path in sorted((directory / "tb" / "events").glob("events.out.tfevents.*"))
            for event in loader.EventFileLoader(str(path)).Load()
        ]
        rows = [
            {value.tag: value.tensor.float_val[0] for value in event.summary.value if value.tensor.float_val}
            for event in events
        ]
        return [row for row in rows if row]

    def expected(self, values: Mapping[str, Any]) -> dict[str, Any] | None:
        numbers = {key: value for key, value in values.items() if isinstance(value, (int, float))}
        return {key: as_float32(value) for key, value in numbers.items()} or None


class TestLog(OutputContract):
    @pytest.fixture
    def output_class(self) -> type[LogOutput]:
        return LogOutput

    def read(self, directory: Path) -> list[dict[str, Any]]:
        tables = re.findall(r"^-{7,}\n(.*?)^-{7,}\n", (directory / "log.txt").read_text(), flags=re.M | re.S)
        return [dict(cells_of(line) for line in table.split("\n") if line.startswith("| ")) for table in tables]

    def expected(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {in_a_table(key): in_a_table(value) for key, value in values.items()}


class TestStdout(OutputContract):
    @pytest.fixture
    def output_class(self) -> type[StdoutOutput]:
        return StdoutOutput

    def read(self, directory: Path) -> None:
        return None


class LinesOfText(OutputContract):
    """What is written for text takes no rows: its records are lines."""

    level: int
    file_name: str

    def record(self, count: int) -> Record:
        return Text(self.level, count, 1.7e9 + count, f"<{count}> of many\nlines")

    def read(self, directory: Path) -> list[dict[str, Any]]:
        found = re.findall(r"<(\d+)> of many\nlines\n", (directory / self.file_name).read_text())
        return [{"count": int(count)} for count in found]

    def expected(self, values: Mapping[str, Any]) -> None:
        return None


class TestWarn(LinesOfText):
    level = WARN
    file_name = "warn.txt"

    @pytest.fixture
    def output_class(self) -> type[WarnOutput]:
        return WarnOutput


class TestBackup(LinesOfText):
    level = BACKUP
    file_name = "backup.txt"

    @pytest.fixture
    def output_class(self) -> type[BackupOutput]:
        return BackupOutput


def as_float32(number: float) -> float:
    try:
        return float(struct.unpack("<f", struct.pack("<f", number))[0])
    except OverflowError:
        return math.copysign(math.inf, number)


def cells_of(line: str) -> tuple[str, str]:
    """Return key and value of a line of a table."""
    key, _, value = line[2:].removesuffix(" |").partition(" | ")
    return key.rstrip(" "), value.rstrip(" ")


def in_a_table(value: Any) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else "" if value is None else str(value)
    return printable(shortened(text, 1000))
