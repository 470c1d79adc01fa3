"""`progress.json`: one JSON object for each row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from rla.names import JSON_FILE
from rla.output.base import FileOutput
from rla.output.records import Record, Row

__all__ = ["JsonOutput"]


class JsonOutput(FileOutput):
    """Writes `progress.json`. NaN and infinities are written as Python's json module reads them.

    Args:
        directory: the run's log folder.
    """

    name: ClassVar[str] = "json"

    def path_in(self, directory: Path) -> Path:
        return directory / JSON_FILE

    def write(self, records: Sequence[Record]) -> int:
        lines = [json.dumps(record.items_for(self.name)) + "\n" for record in records if isinstance(record, Row)]
        if lines:
            self.file.append("".join(lines).encode())
        return len(records)
