"""Values become plain JSON and come back equal."""

from __future__ import annotations

import datetime
import json
import re
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from rla.database.plain_values import plain_parameters, restore


def through_json(value: Any) -> Any:
    plain, notes = plain_parameters({"value": value})
    text = json.dumps(plain, allow_nan=False)
    return restore(json.loads(text), json.loads(json.dumps(notes)))["value"]


def same(left: Any, right: Any) -> bool:
    """Compare values and types; NaN equals itself."""
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        return repr(left) == repr(right)  # so NaN is like itself, and 0.0 unlike -0.0
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


SURROGATE_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")  # see below

leaf = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.text(st.characters(categories=["Cs", "Lu", "Po"])).filter(lambda text: not SURROGATE_PAIR.search(text))
    | st.binary()
    | st.complex_numbers(allow_nan=False)
    | st.decimals(allow_nan=False)
    | st.datetimes(timezones=st.none() | st.just(datetime.timezone.utc))
    | st.dates()
    | st.times()
    | st.timedeltas()
)
text_key = st.text() | st.sampled_from(["", "/", "~", "a/b", "~0", "~1", "0", "nan", "1 (int)", "keys:"])
nested = st.recursive(
    leaf | st.frozensets(st.integers() | st.text()) | st.sets(st.floats(allow_nan=False)),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(text_key, inner, max_size=4)
        | st.dictionaries(st.integers(), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(nested)
def test_nested_values_of_python_come_back_the_same(value: Any) -> None:
    assert same(through_json(value), value)


@settings(max_examples=60, deadline=None)
@given(
    arrays.arrays(
        st.sampled_from(["float64", "float32", "int64", "uint8", "bool", "complex128", "<U5", "datetime64[s]"]),
        arrays.array_shapes(max_dims=3, max_side=3),
    )
)
def test_arrays_come_back_with_their_kind_and_shape(value: np.ndarray[Any, Any]) -> None:
    back = through_json(value)
    assert back.dtype == value.dtype
    assert back.shape == value.shape
    assert np.array_equal(back, value, equal_nan=value.dtype.kind in "fcM")


def test_a_lone_surrogate_in_an_array_comes_back() -> None:
    assert through_json(np.array([["\ud800", "plain"]])).tolist() == [["\ud800", "plain"]]


def test_a_pair_of_lone_surrogates_comes_back_as_two() -> None:
    assert through_json("\ud800\udc00") == "\ud800\udc00"


def test_an_int_and_a_text_key_that_look_alike_both_stay() -> None:
    assert through_json({"1": "text", 1: "number"}) == {"1": "text", 1: "number"}


def test_an_int_and_a_text_key_that_look_alike_both_stay_in_the_other_order() -> None:
    assert through_json({1: "number", "1": "text"}) == {1: "number", "1": "text"}


def test_float_and_bool_keys_come_back() -> None:
    assert through_json({0.5: 1, True: 2, -3: 4}) == {0.5: 1, True: 2, -3: 4}


def test_a_key_none_comes_back() -> None:
    assert through_json({None: 1}) == {None: 1}


def test_a_tuple_as_key_comes_back() -> None:
    assert through_json({(8, 8): "small"}) == {(8, 8): "small"}


def test_an_int_of_five_thousand_digits_comes_back() -> None:
    assert through_json(10**5000) == 10**5000


def test_an_empty_array_keeps_its_shape() -> None:
    assert through_json(np.zeros((0, 3))).shape == (0, 3)


def test_sixty_levels_of_lists_come_back() -> None:
    value: Any = "ground"
    for _ in range(60):
        value = [value]
    assert through_json(value) == value


def test_a_value_that_holds_itself_is_written_to_a_bounded_depth() -> None:
    value: dict[str, Any] = {"lr": 0.1}
    value["me"] = value
    back = through_json(value)
    assert back["lr"] == 0.1
    assert "me" in back


def test_a_changed_file_counts_more_than_a_note_that_no_longer_fits() -> None:
    plain, notes = plain_parameters({"when": datetime.date(2026, 1, 1), "color": 1j})
    plain["when"], plain["color"] = "never", None
    assert restore(plain, notes) == {"when": "never", "color": None}


def test_a_text_in_place_of_a_tuple_stays_that_text() -> None:
    _, notes = plain_parameters({"size": (1, 2), "tags": {"a"}})
    assert restore({"size": "large", "tags": "none"}, notes) == {"size": "large", "tags": "none"}


def test_notes_of_a_stranger_run_no_code() -> None:
    notes = {"/a": "enum:os:environ:PATH", "/b": "enum:os:system:x", "/c": "unknown:kind", "/d": "array:__import__"}
    plain = {"a": "text", "b": "text", "c": 1, "d": [1]}
    assert restore(plain, notes) == plain
