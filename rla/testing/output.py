"""The contract of an output, as tests.

Inherit from it in a test file of your package:

    import pytest
    from rla.testing.output import OutputContract

    class TestMyOutput(OutputContract):
        @pytest.fixture
        def output_class(self) -> type[MyOutput]:
            return MyOutput

        def read(self, directory: Path) -> list[dict[str, Any]]:
            return [json.loads(line) for line in (directory / "my_file").read_text().splitlines()]
"""

from __future__ import annotations

import contextlib
import errno
import math
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import pytest

from rla import files
from rla.names import BACKUP, INFO, JOURNAL_FOLDER, TIME_STEP, TIMESTAMP, WARN
from rla.output.base import Output
from rla.output.events import text_event
from rla.output.journal import Position
from rla.output.logger import Logger
from rla.output.records import Event, Record, Row, Text, Value
from rla.output.registry import is_format, register_output

__all__ = ["OutputContract"]

SECONDS_BETWEEN_ROWS: Final = 10.0
"""So seldom that outputs for people, which show a row every few seconds, show all of them."""

VALUES: Final[tuple[Value, ...]] = (
    *(None, True, False, 0, -1, 2**53 + 1, 2**63, -(2**70)),
    *(0.1, -0.0, 1e300, 5e-324, math.nan, math.inf, -math.inf),
    *("", "plain", "two\nlines", "\r\n", 'a "quoted" text', "a, b\tc", "NUL \0 inside", "=1+1"),
    *("é 漢 🎉", "\\udcff", "{'a': [1, 2]}", "long " * 20_000 + "end"),
)
"""What a row may hold. A lone surrogate, which UTF-8 cannot hold, has been escaped when it comes to an output."""

KEYS: Final = ("plain", "a/b", "two words", "a, b", 'a "quoted" key', "two\nlines", "é 漢", "NUL \0 inside", "x" * 500)
"""What the keys of a row may be."""


class OutputContract:
    """Inherit from it, and override the fixture ``output_class`` and `read`; the rest where the format needs it."""

    @pytest.fixture
    def output_class(self) -> type[Output]:
        """Return the class under test."""
        raise NotImplementedError("override the fixture `output_class`")

    def read(self, directory: Path) -> list[dict[str, Any]] | None:
        """Return the rows that were written into a folder, in order, each as a dict by key.

        Time step and timestamp may be there or not; of a folder that holds none yet, return an empty list. Return None
        where rows cannot be read back, as on a terminal: then nothing is compared.
        """
        raise NotImplementedError("override `read`")

    def expected(self, values: Mapping[str, Value]) -> dict[str, Any] | None:
        """Return what `read` gives for a row of these values; None when such a row leaves nothing.

        Override it where the format cannot hold all of them: a file of text has ``"1.5"`` for 1.5, and TensorBoard has
        no texts.
        """
        return dict(values)

    def record(self, count: int) -> Record:
        """Return the record number ``count``, which `read` gives back as a dict with ``count``.

        Override it for an output that is not about rows.
        """
        return _row({"count": count, f"from {count // 7 * 7} on": count / 8}, count)

    @pytest.fixture
    def directory(self, tmp_path: Path) -> Path:
        """Return a log folder."""
        folder = tmp_path / "run"
        folder.mkdir()
        return folder

    @pytest.fixture
    def begin(self, output_class: type[Output], directory: Path) -> Iterator[Callable[..., Output]]:
        """Open the output: ``begin()``, and after a crash ``begin(adopt=True)``."""
        opened: list[Output] = []  # keeps those that a crash left open: what they hold in a buffer shall stay there

        def open_output(adopt: bool = False) -> Output:
            opened.append(output_class.adopt(directory) if adopt else output_class(directory))
            return opened[-1]

        yield open_output
        for output in opened:
            with contextlib.suppress(Exception):  # the test has seen what it wanted
                output.close()

    def records(self, start: int, end: int) -> list[Record]:
        """Return records by their numbers."""
        return [self.record(count) for count in range(start, end)]

    def assert_rows(self, directory: Path, written: Sequence[Mapping[str, Value]]) -> None:
        """Fail unless these rows can be read back, in order and each once."""
        if (rows := self.read(directory)) is None:
            return
        wanted = [row for values in written if (row := self.expected(values)) is not None]
        assert len(rows) == len(wanted)
        for row, values in zip(rows, wanted, strict=True):
            given = {key: value for key, value in row.items() if key not in (TIME_STEP, TIMESTAMP)}
            assert given.keys() == values.keys()
            for key, value in values.items():
                assert given[key] == value or (value != value and given[key] != given[key]), key

    def assert_counts(self, directory: Path, counts: Sequence[int]) -> None:
        """Fail unless the records of these numbers can be read back, in order and each once."""
        if (rows := self.read(directory)) is not None:
            assert [int(float(row["count"])) for row in rows] == list(counts)

    # ---- what it is --------------------------------------------------------------------------------------------------

    def test_its_name_is_a_plain_word(self, output_class: type[Output]) -> None:
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,63}", output_class.name)

    def test_a_run_is_recorded_with_it(self, output_class: type[Output], directory: Path) -> None:
        if not is_format(output_class.name):
            register_output(output_class)
        logger = Logger()
        logger.open(directory, [output_class.name])
        for count in range(3):
            logger.record_tabular("count", count)
            logger.dump_tabular(count)
        logger.close()
        assert not (directory / JOURNAL_FOLDER).exists(), "it did not take all that was recorded"
        rows = self.read(directory) if isinstance(self.record(0), Row) else None
        if rows is not None:
            assert int(float(rows[-1]["count"])) == 2

    # ---- what it takes -----------------------------------------------------------------------------------------------

    def test_rows_of_all_kinds_of_values_are_taken(self, begin: Callable[..., Output], directory: Path) -> None:
        written: list[dict[str, Value]] = [{"count": count, "value": value} for count, value in enumerate(VALUES)]
        _finish(begin(), [_row(values, count) for count, values in enumerate(written)])
        self.assert_rows(directory, written)

    def test_keys_may_be_any_text(self, begin: Callable[..., Output], directory: Path) -> None:
        written: list[dict[str, Value]] = [{"count": count, key: 0.5} for count, key in enumerate(KEYS)]
        _finish(begin(), [_row(values, count) for count, values in enumerate(written)])
        self.assert_rows(directory, written)

    def test_the_keys_may_change_from_row_to_row(self, begin: Callable[..., Output], directory: Path) -> None:
        others: list[dict[str, Value]] = [{"first": 1}, {"second": 2, "third": 3}, {"third": 3, "first": 1}, {}]
        written: list[dict[str, Value]] = [{"count": count, **others[count // 3]} for count in range(12)]
        output = begin()
        for count, values in enumerate(written):
            _take(output, [_row(values, count)])
        _finish(output, [])
        self.assert_rows(directory, written)

    def test_what_is_excluded_does_not_reach_it(
        self, output_class: type[Output], begin: Callable[..., Output], directory: Path
    ) -> None:
        excluded = {"hidden": frozenset((output_class.name, "other")), "shown": frozenset(("other",))}
        rows = [_row({"count": count, "shown": 1, "hidden": 2}, count, excluded) for count in range(3)]
        _finish(begin(), [*rows, _row({"count": 3, "hidden": 2}, 3)])
        shown = [{"count": count, "shown": 1} for count in range(3)]
        self.assert_rows(directory, [*shown, {"count": 3, "hidden": 2}])

    def test_lines_of_text_and_events_between_the_rows_are_taken(
        self, begin: Callable[..., Output], directory: Path
    ) -> None:
        records: list[Record] = []
        for count, level in enumerate((INFO, WARN, BACKUP)):
            time = _time_of(count)
            records += [Event(text_event("note", "**text**", count, time)), _row({"count": count}, count)]
            records += [Text(level, count, time, "a line\nand another \0, \\udcff")]
        output = begin()
        _take(output, records)
        for record in (Text(INFO, 0, 0.0, ""), Event(text_event("", "", 0, 0.0))):
            _take(output, [record])
        _finish(output, [])
        if isinstance(self.record(0), Row):
            self.assert_rows(directory, [{"count": count} for count in range(3)])

    def test_time_steps_may_repeat_go_back_and_be_no_whole_numbers(
        self, begin: Callable[..., Output], directory: Path
    ) -> None:
        steps = (5, 5, 3, 0, -1, 10**15, 0.5, 1e300, math.nan, math.inf, -math.inf, 6)
        output = begin()
        for count, step in enumerate(steps):
            _take(output, [_row({"count": count}, count)._replace(step=step)])
        _finish(output, [])
        self.assert_rows(directory, [{"count": count} for count in range(len(steps))])

    def test_the_clock_may_go_back(self, begin: Callable[..., Output], directory: Path) -> None:
        rows = [_row({"count": count}, count)._replace(time=_time_of(-count)) for count in range(10)]
        _finish(begin(), rows)
        self.assert_rows(directory, [{"count": count} for count in range(10)])

    def test_no_records_are_fine(self, begin: Callable[..., Output], directory: Path) -> None:
        output = begin()
        for count in range(3):
            assert output.write([]) == 0
            output.settle()
            _take(output, [self.record(count)])
        assert output.write([]) == 0
        _finish(output, [])
        self.assert_counts(directory, range(3))

    def test_keys_to_come_may_be_told_to_it(self, begin: Callable[..., Output], directory: Path) -> None:
        output = begin()
        output.expect(["first"])
        _take(output, [_row({"count": 0, "first": 1}, 0)])
        output.expect(["second", "never recorded"])
        _take(output, [_row({"count": 1}, 1)])
        _finish(output, [_row({"count": 2, "second": 1}, 2)])
        self.assert_rows(directory, [{"count": 0, "first": 1}, {"count": 1}, {"count": 2, "second": 1}])

    def test_many_records_are_taken(self, begin: Callable[..., Output], directory: Path) -> None:
        output = begin()
        for start in range(0, 5000, 1000):
            _take(output, [_row({"count": count}, count) for count in range(start, start + 1000)])
        _finish(output, [])
        self.assert_rows(directory, [{"count": count} for count in range(5000)])

    def test_the_records_are_left_as_they_are(self, begin: Callable[..., Output]) -> None:
        records = self.records(0, 10)
        before = repr(records)
        _take(begin(), records)
        assert repr(records) == before, "other outputs get the same records"

    def test_another_thread_than_the_one_that_made_it_may_write(
        self, begin: Callable[..., Output], directory: Path
    ) -> None:
        output = begin()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(_finish, output, self.records(0, 10)).result()
        self.assert_counts(directory, range(10))

    # ---- its life ----------------------------------------------------------------------------------------------------

    def test_it_goes_on_in_a_folder_that_has_rows_already(self, begin: Callable[..., Output], directory: Path) -> None:
        for start in (0, 10, 20):
            _finish(begin(), self.records(start, start + 10))
        self.assert_counts(directory, range(30))

    def test_a_run_goes_on_from_an_earlier_step(self, begin: Callable[..., Output], directory: Path) -> None:
        _finish(begin(), self.records(0, 10))
        resumed = begin()
        resumed.resume(400)  # of the ten rows, the fifth
        _finish(resumed, self.records(5, 8))
        if (rows := self.read(directory)) is not None:  # whether the rows between are shown is its own affair
            counts = [int(float(row["count"])) for row in rows]
            assert counts[-3:] == [5, 6, 7]
            assert counts[:5] == [0, 1, 2, 3, 4]

    def test_without_records_it_can_be_opened_and_closed(self, begin: Callable[..., Output], directory: Path) -> None:
        for _ in range(2):
            begin().close()
        self.assert_counts(directory, [])

    def test_it_can_be_synced_at_any_time_and_closed_twice(self, begin: Callable[..., Output], directory: Path) -> None:
        output = begin()
        output.sync()
        _take(output, self.records(0, 3))
        output.sync()
        output.sync()
        _finish(output, [])
        output.close()
        self.assert_counts(directory, range(3))

    def test_rows_that_never_come_do_not_harm_the_others(self, begin: Callable[..., Output], directory: Path) -> None:
        output = begin()
        output.skip(2)
        _take(output, self.records(2, 5))
        output.skip(3)
        _finish(output, self.records(8, 10))
        self.assert_counts(directory, [2, 3, 4, 8, 9])

    def test_nothing_is_written_outside_its_folder(
        self, begin: Callable[..., Output], directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        monkeypatch.chdir(elsewhere)
        before = _files_outside(directory, tmp_path)
        output = begin()
        _take(output, self.records(0, 10))
        output.sync()
        _finish(output, [])
        assert _files_outside(directory, tmp_path) == before

    # ---- crashes and disks that refuse -------------------------------------------------------------------------------

    def test_its_size_never_shrinks(self, begin: Callable[..., Output]) -> None:
        output = begin()
        sizes = [output.size()]
        for count in range(20):
            _take(output, [self.record(count)])
            sizes.append(output.size())
        assert sizes == sorted(sizes)
        assert sizes[0] >= 0

    @pytest.mark.parametrize("noted", [0, 1, 5, 20, 30])
    def test_after_a_crash_each_record_is_there_once(
        self, noted: int, begin: Callable[..., Output], directory: Path
    ) -> None:
        """A crash comes 30 records after the start, or in the midst of the replay; ``noted`` are known good."""
        records = self.records(0, 30)
        output = begin()
        _take(output, records[:noted])
        size = output.size()
        _take(output, records[noted:])
        for replayed in (3, 30):
            output = begin(adopt=True)
            start = output.restore(Position(1, noted, _rows_in(records[:noted])), size)
            _take(output, _behind(start, records)[:replayed])
        _finish(output, [])
        self.assert_counts(directory, range(30))

    def test_after_a_crash_it_goes_on_with_new_records(self, begin: Callable[..., Output], directory: Path) -> None:
        records = self.records(0, 20)
        output = begin()
        _take(output, records[:5])
        size = output.size()
        _take(output, records[5:12])
        output = begin(adopt=True)
        _finish(output, _behind(output.restore(Position(1, 5, _rows_in(records[:5])), size), records[:12]))
        _finish(begin(), records[12:])
        self.assert_counts(directory, range(20))

    def test_a_crash_before_the_first_record_leaves_nothing(
        self, begin: Callable[..., Output], directory: Path
    ) -> None:
        position, size = Position(1, 0, 0), begin().size()
        output = begin(adopt=True)
        _finish(output, _behind(output.restore(position, size), self.records(0, 3)))
        self.assert_counts(directory, range(3))

    def test_whatever_the_disk_refuses_once_each_record_is_there_once(
        self, output_class: type[Output], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The n-th operation of `rla.files` fails, an append in its middle, for n = 1, 2, … until there is none."""
        for nth in range(1, 100):
            folder = tmp_path / f"operation {nth} fails"
            folder.mkdir()
            output = output_class(folder)
            with monkeypatch.context() as patch:
                refused = _refuse_nth(nth, patch)
                for start in range(0, 24, 4):
                    self._write_again_what_was_refused(output, folder, start, start + 4, refused)
            _finish(output, [])
            self.assert_counts(folder, range(24))
            if not refused:
                return

    def _write_again_what_was_refused(
        self, output: Output, folder: Path, start: int, end: int, refused: Sequence[str]
    ) -> None:
        records = self.records(start, end)
        for _ in range(4):
            try:
                records = records[output.write(records) :]
                output.settle()
            except Exception:  # whatever it raises
                if not refused:
                    raise
                if records:  # none was taken then
                    self.assert_counts(folder, range(end - len(records)))
        assert not records
        with contextlib.suppress(OSError):
            output.sync()


def _time_of(count: int) -> float:
    return 1.7e9 + SECONDS_BETWEEN_ROWS * count


def _row(values: Mapping[str, Value], count: int, excluded: Mapping[str, frozenset[str]] | None = None) -> Row:
    time = _time_of(count)
    return Row(
        (*values, TIME_STEP, TIMESTAMP), [*values.values(), count * 100, time], count * 100, time, excluded or {}
    )


def _take(output: Output, records: Sequence[Record]) -> None:
    """Hand over all records, as the writer does."""
    taken = output.write(records)
    assert type(taken) is int, "write returns how many records it took"
    assert 0 <= taken <= len(records)
    if taken < len(records):
        output.settle()
        assert output.write(records[taken:]) == len(records) - taken, "after `settle` all are taken"


def _finish(output: Output, records: Sequence[Record]) -> None:
    """Hand over the last records, as at the end of a run."""
    _take(output, records)
    output.settle()
    output.sync()
    output.close()


def _behind(position: Position, records: Sequence[Record]) -> Sequence[Record]:
    """Return the records behind a position, as a journal does: one without a segment is meant by its rows alone."""
    if position.segment:
        return records[position.offset :]
    return next(records[end:] for end in range(len(records) + 1) if _rows_in(records[:end]) >= position.rows)


def _rows_in(records: Sequence[Record]) -> int:
    return sum(isinstance(record, Row) for record in records)


def _files_outside(directory: Path, above: Path) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes() for path in above.rglob("*") if path.is_file() and directory not in path.parents
    }


def _refuse_nth(nth: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let the n-th operation of `rla.files` fail; its name is in the list that is returned then."""
    left, refused = [nth], list[str]()

    def fragile(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def operation(*arguments: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                refused.append(name)
                if name == "append":
                    original(arguments[0], arguments[1][: len(arguments[1]) // 2])
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return original(*arguments)

        return operation

    for name in ("append", "overwrite", "truncate", "fsync", "rename", "remove", "open_append", "open_for_update"):
        monkeypatch.setattr(files, name, fragile(name, getattr(files, name)))
    return refused
