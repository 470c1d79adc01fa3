"""The journal: segments rotate, readers go on from one to the next, and what cannot be read ends the reading."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from rla import logger, read_progress
from rla.output import journal_writer
from rla.output.columns import read_columns
from rla.output.journal import Position, discard_segments, segments_of
from rla.output.journal_reader import JournalReader
from rla.output.journal_writer import JournalWriter
from rla.output.last_row import last_row
from rla.output.records import Event, Row, Text

NONE: dict[str, frozenset[str]] = {}


@pytest.fixture
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_writer, "SEGMENT_BYTES", 400)


def fill(folder: Path, rows: int, start: int = 0) -> JournalWriter:
    writer = JournalWriter(folder, start)
    for count in range(start, start + rows):
        writer.append(Row(("count", "half"), [count, count / 2], count, 0.0, NONE))
    return writer


def counts_of(reader: JournalReader, limit: int = 1000) -> list[object]:
    counts: list[object] = []
    while records := reader.read(limit):
        counts += [record.values[0] for record in records if isinstance(record, Row)]
    return counts


@pytest.mark.usefixtures("small_segments")
@pytest.mark.parametrize("limit", [1, 3, 1000])
def test_a_reader_goes_through_all_segments(limit: int, tmp_path: Path) -> None:
    fill(tmp_path, 100).close()
    assert len(segments_of(tmp_path)) > 5
    assert counts_of(JournalReader(tmp_path), limit) == list(range(100))


@pytest.mark.usefixtures("small_segments")
def test_no_segment_grows_far_beyond_its_bound(tmp_path: Path) -> None:
    fill(tmp_path, 100).close()
    assert max(path.stat().st_size for path in tmp_path.glob("*.journal")) < 600


@pytest.mark.usefixtures("small_segments")
def test_a_reader_follows_a_living_writer_over_segments(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path)
    reader = JournalReader(tmp_path)
    for count in range(100):
        writer.append(Row(("count",), [count], count, 0.0, NONE))
        records = reader.read(10)
        assert [record.values[0] for record in records] == [count]  # type: ignore[union-attr]
        assert reader.position.rows == count + 1
    assert reader.read(10) == []
    assert reader.position == writer.position
    writer.close()


@pytest.mark.usefixtures("small_segments")
@pytest.mark.parametrize("start", range(0, 100, 9))
def test_a_reader_starts_at_any_position_or_number_of_rows(start: int, tmp_path: Path) -> None:
    fill(tmp_path, 100).close()
    first = JournalReader(tmp_path)
    for _ in range(start):
        first.read(1)
    position = first.position
    assert counts_of(JournalReader(tmp_path, position)) == list(range(start, 100))
    assert counts_of(JournalReader(tmp_path, Position(0, 0, start))) == list(range(start, 100))
    assert counts_of(first) == list(range(start, 100))


@pytest.mark.usefixtures("small_segments")
def test_a_reader_starts_at_the_first_segment_that_is_left(tmp_path: Path) -> None:
    fill(tmp_path, 100).close()
    discard_segments(tmp_path, 4)
    reader = JournalReader(tmp_path)
    first = reader.position.rows
    assert reader.position.segment == 4
    assert 0 < first < 100
    assert counts_of(reader) == list(range(first, 100))


def test_all_kinds_of_records_keep_their_order(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path)
    writer.append(Text(20, 1, 2.0, "first"))
    writer.append(Row(("a",), [1], 1, 2.0, NONE))
    writer.append(Event(b"event"))
    writer.append(Text(20, 1, 2.0, "last"))
    writer.close()
    assert [type(record) for record in JournalReader(tmp_path).read(10)] == [Text, Row, Event, Text]


def test_a_record_larger_than_the_read_buffer_is_read(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path)
    for text in ("x" * 300_000, "small", "y" * 70_000):
        writer.append(Text(20, 1, 2.0, text))
    writer.close()
    reader = JournalReader(tmp_path)
    texts: list[str] = []
    while records := reader.read(10):
        texts += [record.text for record in records if isinstance(record, Text)]
    assert list(map(len, texts)) == [300_000, 5, 70_000]


def test_many_records_beyond_the_read_buffer_are_read(tmp_path: Path) -> None:
    fill(tmp_path, 20_000).close()
    assert counts_of(JournalReader(tmp_path), 7) == list(range(20_000))


@pytest.mark.usefixtures("small_segments")
def test_a_corrupt_frame_ends_its_segment_and_the_next_ones_are_read(tmp_path: Path) -> None:
    fill(tmp_path, 40).close()
    path = tmp_path / "00000002.journal"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    counts = counts_of(JournalReader(tmp_path))
    assert counts == sorted(set(counts))  # type: ignore[type-var]
    assert 0 in counts
    assert 39 in counts
    assert 20 < len(counts) < 40


@pytest.mark.parametrize("header", [b"", b"RL", b"XXXX" + bytes(12)])
def test_a_segment_with_a_torn_header_is_passed_over(header: bytes, tmp_path: Path) -> None:
    fill(tmp_path, 3).close()
    path = tmp_path / "00000001.journal"
    content = path.read_bytes()
    path.write_bytes(header + content[16:] if len(header) == 16 else header)
    assert JournalReader(tmp_path).read(10) == []
    (tmp_path / "00000002.journal").write_bytes(content)
    assert counts_of(JournalReader(tmp_path)) == [0, 1, 2]


def test_files_that_are_no_segments_are_passed_over(tmp_path: Path) -> None:
    fill(tmp_path, 3).close()
    (tmp_path / "notes.journal").write_text("mine")
    (tmp_path / "00000009.journal.bak").write_text("mine")
    assert segments_of(tmp_path) == [1]


def test_a_folder_without_a_journal_has_no_records(tmp_path: Path) -> None:
    assert JournalReader(tmp_path / "none").read(5) == []


@pytest.mark.usefixtures("small_segments", "own_pace")
@pytest.mark.parametrize("flush_every", [3, 40, 1000])
def test_a_run_over_many_segments_is_written_completely(
    flush_every: int, folder: Path, dump: Callable, scalars: Callable
) -> None:
    logger.configure(folder, ["csv", "tensorboard"])
    for count in range(200):
        dump(step=count, count=count)
        if count % flush_every == flush_every - 1:
            logger.flush()
            assert len(pd.read_csv(folder / "progress.csv")) == count + 1
        assert last_row(folder)["count"] == count
    assert [row["count"] for row in read_progress(folder).rows] == list(range(200))
    logger.close()
    assert list(pd.read_csv(folder / "progress.csv")["count"]) == list(range(200))
    assert [value for _, value in scalars(folder)["count"]] == list(range(200))


@pytest.mark.usefixtures("small_segments")
def test_segments_that_every_output_has_passed_are_removed(
    folder: Path, dump: Callable, monkeypatch: pytest.MonkeyPatch, own_pace: None
) -> None:
    logger.configure(folder, ["csv"])
    writer = logger.get_current()._pipeline._writer  # type: ignore[union-attr]
    for count in range(100):
        dump(count=count)
        if count % 10 == 9:
            logger.flush()
            writer._sync()
            assert len(segments_of(folder / ".journal")) <= 2
    assert [row["count"] for row in read_progress(folder).rows] == list(range(100))


@pytest.mark.parametrize("records", [1, 3])
def test_rows_behind_a_segment_that_ends_with_text_are_read(
    records: int, folder: Path, own_pace: None, in_a_fork: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    logger.configure(folder, ["csv"])
    for count in range(3):
        logger.record_tabular("count", count)
        logger.dump_tabular()
    logger.flush()  # the file has all rows so far, and of the segment only the text is new
    for _ in range(records):
        logger.warn("a line of text")
    monkeypatch.setattr(journal_writer, "SEGMENT_BYTES", 1)
    for count in range(3, 6):
        logger.record_tabular("count", count)
        logger.dump_tabular()
    assert len(segments_of(folder / ".journal")) > 1
    assert in_a_fork(lambda: [row["count"] for row in read_progress(folder).rows]) == "[0, 1, 2, 3, 4, 5]"
    assert in_a_fork(lambda: read_columns(folder, ["count"]).values["count"].tolist()) == "[0, 1, 2, 3, 4, 5]"
