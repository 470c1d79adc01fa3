"""The contract of outputs turns red for each mistake that the author of an output is likely to make."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

PLUG_IN = """
import csv, io, json, sqlite3
from pathlib import Path
import pytest
from rla.output import FileOutput, Output, Row
from rla.testing.output import OutputContract

class Good(FileOutput):
    name = "lines"

    def path_in(self, directory):
        return directory / "lines.json"

    def line(self, record):
        return json.dumps(record.items_for(self.name)) + "\\n"

    def write(self, records):
        lines = [self.line(record) for record in records if isinstance(record, Row)]
        if lines:
            self.file.append("".join(lines).encode())
        return len(records)

class ReadsLines(OutputContract):
    def read(self, directory):
        return [json.loads(line) for line in (directory / "lines.json").read_bytes().splitlines()]

class TestGood(ReadsLines):
    @pytest.fixture
    def output_class(self):
        return Good
"""

BROKEN_CLASS = """
class Broken{number}(Good):
{body}

class TestBroken{number}(ReadsLines):
    @pytest.fixture
    def output_class(self):
        return Broken{number}
"""

BROKEN = {
    "has no name that a configuration can list": ("name = 'my, format'", "its_name_is_a_plain_word"),
    "returns nothing": ("def write(self, records): super().write(records)", "rows_of_all_kinds"),
    "says that it took more than it was given": (
        "def write(self, records): return super().write(records) + 1",
        "rows_of_all_kinds",
    ),
    "counts the rows that it took, not the records": (
        "def write(self, records): super().write(records); return sum(isinstance(each, Row) for each in records)",
        "lines_of_text_and_events",
    ),
    "expects rows alone": (
        "def write(self, records): [each.step for each in records]; return super().write(records)",
        "lines_of_text_and_events",
    ),
    "writes what is excluded": (
        "def line(self, record): return json.dumps(dict(zip(record.keys, record.values))) + '\\n'",
        "what_is_excluded",
    ),
    "does not like numbers that are none": (
        "def line(self, record): return json.dumps(record.items_for(self.name), allow_nan=False) + '\\n'",
        "rows_of_all_kinds",
    ),
    "wants the keys of the first row": (
        """
        def line(self, record):
            values = record.items_for(self.name)
            self.keys = getattr(self, "keys", list(values))
            return json.dumps({key: values[key] for key in self.keys}) + "\\n"
        """,
        "the_keys_may_change",
    ),
    "sorts what it is given": (
        "def write(self, records): records.sort(key=repr, reverse=True); return super().write(records)",
        "the_records_are_left",
    ),
    "leaves out time steps that it has seen": (
        """
        def write(self, records):
            self.seen = getattr(self, "seen", set())
            new = [each for each in records if not isinstance(each, Row) or each.step not in self.seen]
            self.seen.update(each.step for each in new if isinstance(each, Row))
            super().write(new)
            return len(records)
        """,
        "time_steps_may_repeat",
    ),
    "begins its file anew": (
        """
        def __init__(self, directory):
            (directory / "lines.json").unlink(missing_ok=True)
            super().__init__(directory)
        """,
        "it_goes_on_in_a_folder",
    ),
    "is not cut back after a crash": ("def restore(self, position, size): return position", "after_a_crash_each"),
    "is cut to nothing after a crash": (
        "def restore(self, position, size): self.file.truncate(0); return position",
        "after_a_crash_each",
    ),
    "tells no size": ("def size(self): return 0", "after_a_crash_each"),
    "keeps rows in a buffer": (
        """
        def write(self, records):
            self.kept = [*getattr(self, "kept", []), *records]
            return len(records)
        def size(self):
            return super().size() + sum(len(self.line(each)) for each in getattr(self, "kept", []))
        def sync(self):
            super().write(getattr(self, "kept", []))
            self.kept = []
        """,
        "after_a_crash_each",
    ),
    "leaves half a row when the disk is full": (
        """
        def write(self, records):
            from rla import files
            lines = [self.line(record) for record in records if isinstance(record, Row)]
            files.append(self.file._fd, "".join(lines).encode())
            self.file.size += sum(map(len, lines))
            return len(records)
        """,
        "whatever_the_disk_refuses_once",
    ),
    "takes half of the records before it raises": (
        """
        def write(self, records):
            for record in records:
                super().write([record])
            return len(records)
        """,
        "whatever_the_disk_refuses_once",
    ),
    "never takes the last one": (
        "def write(self, records): return super().write(records[:-1])",
        "rows_of_all_kinds",
    ),
    "writes into the working directory": (
        "def close(self): open('debug.txt', 'w').close(); super().close()",
        "nothing_is_written_outside",
    ),
    "can be closed once": (
        "def close(self): super().close(); self.file = None",
        "it_can_be_synced_at_any_time",
    ),
    "belongs to the thread that made it": (
        """
        def __init__(self, directory):
            super().__init__(directory)
            self.database = sqlite3.connect(":memory:")
        def write(self, records):
            self.database.execute("select 1")
            return super().write(records)
        """,
        "another_thread",
    ),
}


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What fails for each output, by the name of its test class."""
    folder = tmp_path_factory.mktemp("plug_in")
    program = PLUG_IN
    for number, (body, _) in enumerate(BROKEN.values()):
        program += BROKEN_CLASS.format(number=number, body=textwrap.indent(textwrap.dedent(body).strip(), "    "))
    (folder / "test_plug_in.py").write_text(program, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rf", "-p", "no:cacheprovider", "--tb=no", "test_plug_in.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    found: dict[str, list[str]] = {}
    for name, test in re.findall(r"^FAILED test_plug_in\.py::(\w+)::(\w+)", done.stdout, flags=re.M):
        found.setdefault(name, []).append(test)
    return found


def test_an_output_without_a_mistake_passes(failed: dict[str, list[str]]) -> None:
    assert "TestGood" not in failed


@pytest.mark.parametrize("mistake", BROKEN)
def test_a_mistake_is_found(mistake: str, failed: dict[str, list[str]]) -> None:
    found = failed.get(f"TestBroken{list(BROKEN).index(mistake)}", [])
    assert any(BROKEN[mistake][1] in test for test in found), found
