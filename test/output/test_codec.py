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

from rla.output.codec import FRAME, Decoder, Encoder, as_value, frame
from rla.output.records import Event, Record, Row, Text

NONE: dict[str, frozenset[str]] = {}


def encoded_row(
    encoder: Encoder,
    keys: tuple,
    values: list[Any],
    step: float = 0,
    time: float = 0.0,
    excluded: dict[str, frozenset[str]] = NONE,
) -> bytes:
    return encoder.encode(Row(keys, values, step, time, excluded))


def decoded(data: bytes) -> list[Record]:
    return [record for _, record in Decoder().decode(data) if record is not None]


def through(value: Any) -> Any:
    """Returns what a single value becomes in a row."""
    (row,) = decoded(Encoder().encode(Row(("key",), [value], 1, 2.0, NONE)))
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
    encoder = Encoder()
    data = b"".join(
        encoder.encode(Row(tuple(values), list(values.values()), step, time, excluded))
        for values, step, time, excluded in rows
    )
    found = decoded(data)
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
    (record,) = decoded(Encoder().encode(Text(level, step, time, text)))
    assert repr(record) == repr(Text(level, step, time, escaped(text)))


@given(content=st.binary(max_size=3000))
@settings(max_examples=60, deadline=None)
def test_any_event_comes_back(content: bytes) -> None:
    assert decoded(Encoder().encode(Event(content))) == [Event(content)]


@given(number=st.integers(2**64, 2**1000) | st.integers(-(2**1000), -(2**63) - 1))
@settings(max_examples=60, deadline=None)
def test_an_integer_beyond_64_bits_becomes_its_float(number: int) -> None:
    assert through(number) == float(number)


def test_an_integer_beyond_any_float_becomes_text() -> None:
    assert through(10**400) == str(10**400)


def test_an_integer_of_10000_digits_is_recorded_somehow() -> None:
    assert through(10**10_000) is not None


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
    beside_a_tensor = decoded(Encoder().encode(Row(("key", "z"), [value, torch.tensor(1)], 1, 2.0, NONE)))[0]
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
    (row,) = decoded(Encoder().encode(Row(("key", "tensor"), [value, torch.tensor(1)], 1, 2.0, NONE)))
    assert row.values[0] == through(value)  # type: ignore[union-attr]


def test_the_schema_is_written_once_for_equal_rows() -> None:
    encoder = Encoder()
    first = encoder.encode(Row(("a", "b"), [1, 2], 0, 0.0, NONE))
    second = encoder.encode(Row(("a", "b"), [3, 4], 0, 0.0, NONE))
    assert len(second) < len(first)
    assert [row.items_for("csv") for row in decoded(first + second)] == [  # type: ignore[union-attr]
        {"a": 1, "b": 2},
        {"a": 3, "b": 4},
    ]


def test_the_schema_is_written_anew_when_keys_or_exclusions_change() -> None:
    encoder = Encoder()
    data = b"".join(
        [
            encoder.encode(Row(("a", "b"), [1, 2], 0, 0.0, NONE)),
            encoder.encode(Row(("b", "a"), [3, 4], 0, 0.0, NONE)),
            encoder.encode(Row(("b", "a"), [5, 6], 0, 0.0, {"a": frozenset(["csv"])})),
            encoder.encode(Row(("b", "a"), [7, 8], 0, 0.0, NONE)),
        ]
    )
    assert [row.items_for("csv") for row in decoded(data)] == [  # type: ignore[union-attr]
        {"a": 1, "b": 2},
        {"b": 3, "a": 4},
        {"b": 5},
        {"b": 7, "a": 8},
    ]


@given(cut=st.integers(0, 400), flip=st.integers(0, 399))
@settings(max_examples=150, deadline=None)
def test_what_is_torn_or_changed_ends_the_reading_without_an_error(cut: int, flip: int) -> None:
    encoder = Encoder()
    frames = [encoder.encode(Row(("a",), [count], count, 0.0, NONE)) for count in range(12)]
    data = bytearray(b"".join(frames))
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
    encoder = Encoder()
    data = (
        encoder.encode(Row(("a",), [1], 0, 0.0, NONE))
        + frame(99, b"new")
        + encoder.encode(Row(("a",), [2], 0, 0.0, NONE))
    )
    assert len(decoded(data)) == 1


def test_a_length_beyond_all_bounds_ends_the_reading() -> None:
    assert decoded(FRAME.pack(0xFFFFFFFF, 0, 2) + b"x" * 100) == []


def test_as_value_leaves_plain_values_as_they_are() -> None:
    for value in (None, True, 1, 0.5, "text"):
        assert as_value(value) is value or as_value(value) == value
