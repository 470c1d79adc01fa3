"""The events that are packed by hand are those of TensorBoard's protocol buffers, byte for byte."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.proto.types_pb2 import DT_STRING
from tensorboardX.record_writer import masked_crc32c

from rla.output.events import framed, scalars_event, text_event, version_event

TAG = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300)  # empty fields need not be written
STEP = st.integers(-(2**63), 2**63 - 1)
TIME = st.floats(1e-3, 1e12)


@given(
    scalars=st.lists(st.tuples(TAG, st.floats(width=32, allow_nan=False)), max_size=20),
    step=STEP.filter(bool),
    time=TIME,
)
@settings(max_examples=200, deadline=None)
def test_an_event_of_scalars_has_the_bytes_of_the_protocol_buffer(
    scalars: list[tuple[str, float]], step: int, time: float
) -> None:
    values = [Summary.Value(tag=tag, simple_value=value) for tag, value in scalars]
    expected = Event(wall_time=time, step=step, summary=Summary(value=values))
    assert scalars_event(scalars, step, time) == expected.SerializeToString()


def test_step_0_is_the_same_event() -> None:
    expected = Event(wall_time=1.5, step=0, summary=Summary(value=[Summary.Value(tag="a", simple_value=0.0)]))
    assert Event.FromString(scalars_event([("a", 0.0)], 0, 1.5)) == expected


@given(time=TIME)
@settings(max_examples=20, deadline=None)
def test_the_first_event_has_the_bytes_of_the_protocol_buffer(time: float) -> None:
    expected = Event(wall_time=time, file_version="brain.Event:2")
    assert version_event(time) == expected.SerializeToString()


@given(tag=TAG, text=TAG, step=STEP, time=TIME)
@settings(max_examples=100, deadline=None)
def test_an_event_of_text_is_that_of_the_protocol_buffer(tag: str, text: str, step: int, time: float) -> None:
    # compared as messages: the order of fields within one is free, and that of the protocol buffer's own is another
    tensor = TensorProto(dtype=DT_STRING, tensor_shape=TensorShapeProto(), string_val=[text.encode()])
    metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="text"))
    value = Summary.Value(tag=tag, metadata=metadata, tensor=tensor)
    packed = text_event(tag, text, step, time)
    assert Event.FromString(packed) == Event(wall_time=time, step=step, summary=Summary(value=[value]))
    assert len(packed) == len(Event.FromString(packed).SerializeToString()) + (0 if step else 2)


@given(event=st.binary(max_size=2000))
@settings(max_examples=100, deadline=None)
def test_the_frame_has_the_masked_checksums_of_the_record_format(event: bytes) -> None:
    length = struct.pack("<Q", len(event))
    expected = length + struct.pack("<I", masked_crc32c(length)) + event + struct.pack("<I", masked_crc32c(event))
    assert framed(event) == expected


@pytest.mark.parametrize("cut", range(0, 200, 3))
def test_of_a_file_that_was_cut_exactly_the_complete_records_are_read(cut: int, tmp_path: Path) -> None:
    packed = [version_event(1.0), *(scalars_event([("loss", float(step))], step, 1.0) for step in range(1, 6))]
    records = list(map(framed, packed))
    content = b"".join(records)[:cut]
    path = tmp_path / "events.out.tfevents.1.host"
    path.write_bytes(content)
    whole, end = 0, 0
    for record in records:
        end += len(record)
        whole += end <= cut
    assert len(list(RawEventFileLoader(str(path)).Load())) == whole


def test_the_checksum_is_not_the_one_of_zlib() -> None:
    """So that nobody replaces one by the other."""
    assert struct.pack("<I", zlib.crc32(b"event")) != framed(b"event")[-4:]
