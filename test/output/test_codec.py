"""Records survive being encoded into frames and decoded again, whatever they hold."""

from __future__ import annotations

import enum
import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rla.output import codec
from rla.output.codec import FRAME, Decoder, Encoder, frame
from rla.output.records import Event, Record, Row, Text
from rla.output.values import as_value

NONE: dict[str, frozenset[str]] = {}


class Segment:
    """The bytes of a journal segment behind its header, as records are appended to it."""

    HEADER = 16

    def __init__(self, *records: Record) -> None:
        self.data = b""
        self._encoder = Encoder()
        for record in records:
            self.add(record)

    def add(self, record: Record) -> bytes:
        encoded = self._encoder.encode(record, self.HEADER + len(self.data))
        self.data += encoded
        return encoded


def decoded(data: bytes) -> list[Record]:
    return Decoder(lambda offset: data[offset - Segment.HEADER :]).decode(data)[0]


def through(value: Any) -> Any:
    """Returns what a single value becomes in a row."""
    (row,) = decoded(Segment(Row(("key",), [value], 1, 2.0, NONE)).data)
    assert isinstance(row, Row)
    return row.items_for("csv")["key"]


def escaped(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


ANY_TEXT = st.text(st.characters(exclude_categories=[]))
PLAIN = st.one_of(st.none(), st.booleans(), st.floats(), st.integers(-(2**63), 2**64 - 1), ANY_TEXT)
FORMATS = st.frozensets(st.sampled_from(["csv", "log", "tensorboard", "stdout"]))


@given(
    rows=st.lists(
        st.tuples(
            st.dictionaries(ANY_TEXT, PLAIN, min_size=1, max_size=6),
            st.one_of(st.integers(-(2**63), 2**64 - 1), st.floats()),
            st.floats(),
            st.dictionaries(ANY_TEXT, FORMATS, max_size=2),
        ),
        max_size=8,
    )
)
@settings(max_examples=150, deadline=None)
def test_any_rows_come_back_as_they_were(rows: list[tuple]) -> None:
    segment = Segment(
        *(Row(tuple(values), list(values.values()), step, time, excluded) for values, step, time, excluded in rows)
    )
    found = decoded(segment.data)
    assert len(found) == len(rows)
    for row, (values, step, time, excluded) in zip(found, rows, strict=True):
        assert isinstance(row, Row)
        assert row.keys == tuple(map(escaped, values))
        expected = [escaped(value) if isinstance(value, str) else value for value in values.values()]
        assert list(map(repr, row.values)) == list(map(repr, expected))
        assert repr((row.step, row.time)) == repr((step, time))
        assert row.excluded == {escaped(key): formats for key, formats in excluded.items()}


@given(level=st.integers(0, 100), step=st.integers(-(2**63), 2**63), time=st.floats(), text=ANY_TEXT)
@settings(max_examples=60, deadline=None)
def test_any_line_of_text_comes_back(level: int, step: int, time: float, text: str) -> None:
    (record,) = decoded(Segment(Text(level, step, time, text)).data)
    assert repr(record) == repr(Text(level, step, time, escaped(text)))


@given(content=st.binary(max_size=3000))
@settings(max_examples=60, deadline=None)
def test_any_event_comes_back(content: bytes) -> None:
    assert decoded(Segment(Event(content)).data) == [Event(content)]


@given(number=st.integers(2**64, 2**1000) | st.integers(-(2**1000), -(2**63) - 1))
@settings(max_examples=60, deadline=None)
def test_an_integer_beyond_64_bits_comes_back(number: int) -> None:
    assert through(number) == number


def test_an_integer_that_python_does_not_write_in_decimal_becomes_a_hex_text() -> None:
    assert through(10**10_000) == hex(10**10_000)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float64(0.1), 0.1),
        (np.float32(0.1), float(np.float32(0.1))),
        (np.float16(0.1), float(np.float16(0.1))),
        (np.int64(-7), -7),
        (np.uint8(7), 7),
        (np.uint64(2**64 - 1), 2**64 - 1),
        (np.bool_(True), True),
        (np.array(2.5), 2.5),
        (np.array([2.5]), 2.5),
        (np.array([[3]]), 3),
        (np.str_("text"), "text"),
        (np.float64("nan"), math.nan),
        (torch.tensor(2.5), 2.5),
        (torch.tensor([7]), 7),
        (torch.tensor(True), True),
        (torch.tensor(2.5, requires_grad=True), 2.5),
        (torch.tensor(2.5, dtype=torch.bfloat16), 2.5),
        (torch.tensor(2.5, dtype=torch.float16), 2.5),
        (torch.nn.Parameter(torch.tensor(1.5)), 1.5),
        (Decimal("0.5"), 0.5),
        (Fraction(1, 4), 0.25),
        (True, True),
        (enum.IntEnum("Number", {"seven": 7}).seven, 7),
        (np.longdouble(1.5), 1.5),
    ],
    ids=repr,
)
def test_a_scalar_of_any_library_becomes_a_plain_number(value: Any, expected: Any) -> None:
    found = through(value)
    assert (repr(found), type(found)) == (repr(expected), type(expected))
    beside_a_tensor = decoded(Segment(Row(("key", "z"), [value, torch.tensor(1)], 1, 2.0, NONE)).data)[0]
    assert repr(beside_a_tensor.values[0]) == repr(expected)  # type: ignore[union-attr]


class Broken:
    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


class BrokenArray(Broken):
    size = 3

    def item(self) -> float:
        raise RuntimeError("no item")


class BrokenAttributes(Broken):
    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("no attributes")


class StubbornText(str):
    def __str__(self) -> str:
        return self

    def __repr__(self) -> str:
        return "stubborn"


@pytest.mark.parametrize(
    "value",
    [
        object(),
        Broken(),
        BrokenArray(),
        BrokenAttributes(),
        StubbornText("text"),
        {"a": Broken()},
        [1, 2, 3],
        np.arange(5),
        np.array([]),
        torch.arange(5),
        {"a": {"b": 1}},
        b"\xff\xfe",
        1 + 2j,
        float,
        lambda: None,
        np.datetime64("2024-01-01"),
        torch.nn.Linear(2, 2),
    ],
    ids=lambda value: type(value).__name__,
)
def test_anything_else_becomes_text_and_raises_nothing(value: Any) -> None:
    assert isinstance(through(value), (str, int, float))


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(1.5, id="float"),
        pytest.param([1, 2], id="list"),
        pytest.param([1.5], id="list of one"),
        pytest.param(np.arange(2), id="array"),
        pytest.param((1, 2), id="tuple"),
        pytest.param(enum.Enum("Color", "red").red, id="enum"),
    ],
)
def test_a_value_is_recorded_alike_whatever_stands_beside_it(value: Any) -> None:
    (row,) = decoded(Segment(Row(("key", "tensor"), [value, torch.tensor(1)], 1, 2.0, NONE)).data)
    assert row.values[0] == through(value)  # type: ignore[union-attr]


def test_the_schema_is_written_once_for_equal_rows() -> None:
    segment = Segment()
    first = segment.add(Row(("a", "b"), [1, 2], 0, 0.0, NONE))
    second = segment.add(Row(("a", "b"), [3, 4], 0, 0.0, NONE))
    assert len(second) < len(first)
    assert [row.items_for("csv") for row in decoded(segment.data)] == [  # type: ignore[union-attr]
        {"a": 1, "b": 2},
        {"a": 3, "b": 4},
    ]


def test_rows_that_take_turns_share_their_schemas() -> None:
    segment = Segment()
    sizes = [len(segment.add(Row(("train",) if turn % 2 else ("test",), [turn], turn, 0.0, NONE))) for turn in range(6)]
    assert max(sizes[2:]) < min(sizes[:2])
    assert [row.keys for row in decoded(segment.data)] == [("test",), ("train",)] * 3  # type: ignore[union-attr]


def test_more_schemas_than_are_remembered_are_written_and_looked_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "REMEMBERED_KEYS", 10)
    keys = [tuple(f"{name}{number}" for number in range(4)) for name in "abcdefgh"] * 3
    segment = Segment(*(Row(each, [1, 2, 3, 4], 0, 0.0, NONE) for each in keys))
    assert [row.keys for row in decoded(segment.data)] == keys  # type: ignore[union-attr]


def test_a_row_is_understood_without_what_stands_between_it_and_its_schema() -> None:
    segment = Segment(*(Row(("a", "b"), [count, 0], count, 0.0, NONE) for count in range(10)))
    last = segment.add(Row(("a", "b"), [10, 0], 10, 0.0, NONE))
    rows, _ = Decoder(lambda offset: segment.data[offset - Segment.HEADER :]).decode(last)
    assert rows == [Row(("a", "b"), [10, 0], 10, 0.0, NONE)]


def test_a_row_whose_schema_stands_elsewhere_is_not_guessed_at() -> None:
    segment = Segment(Row(("a",), [0], 0, 0.0, NONE))
    last = segment.add(Row(("a",), [1], 1, 0.0, NONE))
    assert Decoder(lambda offset: segment.data[offset:]).decode(last) == ([], 0)


def test_the_schema_is_written_anew_when_keys_or_exclusions_change() -> None:
    segment = Segment(
        Row(("a", "b"), [1, 2], 0, 0.0, NONE),
        Row(("b", "a"), [3, 4], 0, 0.0, NONE),
        Row(("b", "a"), [5, 6], 0, 0.0, {"a": frozenset(["csv"])}),
        Row(("b", "a"), [7, 8], 0, 0.0, NONE),
    )
    assert [row.items_for("csv") for row in decoded(segment.data)] == [  # type: ignore[union-attr]
        {"a": 1, "b": 2},
        {"b": 3, "a": 4},
        {"b": 5},
        {"b": 7, "a": 8},
    ]


@given(cut=st.integers(0, 400), flip=st.integers(0, 399))
@settings(max_examples=150, deadline=None)
def test_what_is_torn_or_changed_ends_the_reading_without_an_error(cut: int, flip: int) -> None:
    segment = Segment()
    frames = [segment.add(Row(("a",), [count], count, 0.0, NONE)) for count in range(12)]
    data = bytearray(segment.data)
    flip = min(flip, len(data) - 1)
    data[flip] ^= 0x40
    whole = 0
    end = 0
    for each in frames:
        end += len(each)
        whole += end <= min(flip, cut)
    found = decoded(bytes(data[:cut]))
    assert [row.values[0] for row in found][:whole] == list(range(whole))  # type: ignore[union-attr]
    assert len(found) <= whole or cut <= flip
    assert len(found) == whole


def test_a_kind_of_record_from_the_future_ends_the_reading() -> None:
    segment = Segment(Row(("a",), [1], 0, 0.0, NONE))
    segment.data += frame(99, b"new")
    segment.add(Row(("a",), [2], 0, 0.0, NONE))
    assert len(decoded(segment.data)) == 1


def test_a_length_beyond_all_bounds_ends_the_reading() -> None:
    assert decoded(FRAME.pack(0xFFFFFFFF, 0, 2) + b"x" * 100) == []


def test_as_value_leaves_plain_values_as_they_are() -> None:
    for value in (None, True, 1, 0.5, "text"):
        assert as_value(value) is value or as_value(value) == value
