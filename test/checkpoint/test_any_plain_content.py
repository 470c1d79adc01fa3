"""Any nested content of plain values and arrays comes back equal from a plain checkpoint."""

from __future__ import annotations

import tempfile
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from rla.checkpoint.folder import CheckpointFolder, load_checkpoint
from rla.checkpoint.plain import PlainSaver

ARRAYS = arrays_of.arrays(
    dtype=st.one_of(
        arrays_of.integer_dtypes(),
        arrays_of.floating_dtypes(),
        arrays_of.boolean_dtypes(),
        arrays_of.unicode_string_dtypes(),
    ),
    shape=arrays_of.array_shapes(min_dims=1, min_side=0, max_side=4),
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.complex_numbers())
KEYS = st.one_of(st.text(), st.integers())
VALUES = st.recursive(
    SCALARS | ARRAYS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.lists(inner, max_size=3).map(tuple), st.dictionaries(KEYS, inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(content=st.dictionaries(KEYS, VALUES, max_size=4))
def test_it_comes_back_with_all_types(content: dict[Any, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        CheckpointFolder(folder, PlainSaver(), 1).save(content, 1)
        assert same(load_checkpoint(folder)[1], content)


def same(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    return bool(repr(one) == repr(other))
