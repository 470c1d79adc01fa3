"""Our reader of events finds in any event what protobuf itself finds, and refuses what is none by a ValueError."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2

from rla.output.event_reader import event_of, summary_values

FLOATS = st.floats(width=32)
METADATA = st.builds(
    summary_pb2.SummaryMetadata,
    plugin_data=st.builds(
        summary_pb2.SummaryMetadata.PluginData,
        plugin_name=st.sampled_from(["scalars", "text", ""]),
        content=st.binary(max_size=5),
    ),
    display_name=st.text(max_size=5),
    data_class=st.sampled_from([0, 1, 2]),
)
TENSOR = st.one_of(
    st.builds(tensor_pb2.TensorProto, dtype=st.just(1), float_val=st.lists(FLOATS, max_size=3)),
    st.builds(tensor_pb2.TensorProto, dtype=st.just(2), double_val=st.lists(st.floats(), max_size=3)),
    st.builds(
        tensor_pb2.TensorProto, dtype=st.just(9), int64_val=st.lists(st.integers(-(2**63), 2**63 - 1), max_size=2)
    ),
    st.builds(tensor_pb2.TensorProto, dtype=st.just(3), int_val=st.lists(st.integers(-(2**31), 2**31 - 1), max_size=2)),
    st.builds(tensor_pb2.TensorProto, dtype=st.integers(0, 23), tensor_content=st.binary(max_size=9)),
    st.builds(tensor_pb2.TensorProto, dtype=st.just(7), string_val=st.lists(st.binary(max_size=9), max_size=2)),
)
VALUE = st.one_of(
    st.builds(summary_pb2.Summary.Value, tag=st.text(max_size=9), simple_value=FLOATS),
    st.builds(summary_pb2.Summary.Value, tag=st.text(max_size=9), simple_value=FLOATS, node_name=st.text(max_size=3)),
    st.builds(summary_pb2.Summary.Value, tag=st.text(max_size=9), tensor=TENSOR, metadata=METADATA),
    st.builds(
        summary_pb2.Summary.Value,
        tag=st.text(max_size=9),
        image=st.builds(
            summary_pb2.Summary.Image, height=st.integers(0, 99), encoded_image_string=st.binary(max_size=9)
        ),
    ),
)
EVENT = st.builds(
    event_pb2.Event,
    step=st.integers(-(2**63), 2**63 - 1),
    wall_time=st.floats(0, 1e10),
    summary=st.builds(summary_pb2.Summary, value=st.lists(VALUE, max_size=5)),
)


def expected_number(value: summary_pb2.Summary.Value) -> float | None:
    if value.HasField("simple_value"):
        return value.simple_value
    is_scalar = value.metadata.plugin_data.plugin_name == "scalars" or value.metadata.data_class == 1
    if not value.HasField("tensor") or not is_scalar:
        return None
    tensor = value.tensor
    found = [*tensor.float_val, *tensor.double_val, *map(float, tensor.int_val), *map(float, tensor.int64_val)]
    layout = {1: "<f", 2: "<d", 3: "<i", 9: "<q"}.get(tensor.dtype)
    if tensor.tensor_content and layout and len(tensor.tensor_content) == struct.calcsize(layout):
        found += map(float, struct.unpack(layout, tensor.tensor_content))
    return found[0] if len(found) == 1 else None


def same(one: float | None, other: float | None) -> bool:
    return one == other or (one is not None and other is not None and math.isnan(one) and math.isnan(other))


@given(EVENT)
@settings(deadline=None)
def test_step_time_tags_and_numbers_are_those_of_protobuf(event: event_pb2.Event) -> None:
    found = event_of(event.SerializeToString())
    assert (found.step, found.time) == (event.step, event.wall_time)
    assert [value.tag for value in found.values] == [value.tag for value in event.summary.value]
    for value, expected in zip(found.values, event.summary.value, strict=True):
        assert same(value.number, expected_number(expected)), expected
        assert summary_pb2.Summary.Value.FromString(value.encoded) == expected or math.isnan(value.number or 0)


@given(EVENT)
@settings(deadline=None)
def test_tags_that_are_known_by_their_bytes_are_the_same_ones(event: event_pb2.Event) -> None:
    tags: dict[bytes, str] = {}
    encoded = event.SerializeToString()
    first, again = event_of(encoded, tags), event_of(encoded, tags)
    assert repr(first) == repr(again) == repr(event_of(encoded))


@given(st.binary(max_size=60) | EVENT.map(lambda event: event.SerializeToString()[1:-1]))
@settings(deadline=None)
def test_bytes_that_are_none_raise_a_value_error_or_are_read(content: bytes) -> None:
    for read in (event_of, summary_values):
        try:
            read(content)
        except ValueError:
            continue


@pytest.mark.parametrize(
    "content",
    [b"\x0a", b"\x0a\x05abc", b"\x09\0\0", b"\x0b", b"\xff" * 11, b"\x09" + bytes(8), b"\x12\x01a"],
    ids=["no length", "cut short", "number cut short", "unknown kind", "endless integer", "an event", "another field"],
)
def test_what_is_no_summary_is_told(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"byte|field"):
        summary_values(content)
