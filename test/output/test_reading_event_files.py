"""`read_tb` gives the scalars of event files as a table: of ours and of other programs, live, killed or damaged."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2
from tensorboard.summary.writer.event_file_writer import EventFileWriter
from tensorboard.util import tensor_util

from rla import logger
from rla.output.events import masked_checksum


def values_of(table: pd.DataFrame) -> dict[str, list[tuple[int, float]]]:
    return {
        tag: [(int(step), value) for step, value in table[tag].items() if not math.isnan(value)]
        for tag in table.columns
    }


def write_events(folder: Path, *events: event_pb2.Event) -> Path:
    """Write events as TensorBoard's own writer does."""
    writer = EventFileWriter(str(folder))
    for event in events:
        writer.add_event(event)
    writer.close()
    return max(folder.iterdir())


def scalar(tag: str, value: float, step: int) -> event_pb2.Event:
    summary = summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag=tag, simple_value=value)])
    return event_pb2.Event(step=step, wall_time=1.5, summary=summary)


def tensor(tag: str, proto: tensor_pb2.TensorProto, plugin: str = "scalars", step: int = 1) -> event_pb2.Event:
    metadata = summary_pb2.SummaryMetadata(plugin_data={"plugin_name": plugin})
    value = summary_pb2.Summary.Value(tag=tag, tensor=proto, metadata=metadata)
    return event_pb2.Event(step=step, summary=summary_pb2.Summary(value=[value]))


def test_it_is_what_tensorboard_reads(folder: Path, scalars: Callable) -> None:
    logger.configure(folder, ["tensorboard"])
    for step in (0, 1, 300, 2**40):
        logger.record_all({"train/loss": step / 3, "big": 1e300, "note": "no number", "täg": -0.1})
        if step:
            logger.record_tabular("later", step)
        logger.dump_tabular(step)
    logger.close()
    table = logger.read_tb(folder)
    assert values_of(table) == scalars(folder)
    assert list(table.columns) == ["big", "later", "train/loss", "täg"]
    assert list(table.index) == [0, 1, 300, 2**40]
    assert table.index.name == "time-step"
    assert math.isnan(table.loc[0, "later"])


def test_a_run_its_event_folder_and_its_file_are_the_same(folder: Path, dump: Callable) -> None:
    logger.configure(folder, ["tensorboard"])
    dump(step=3, loss=0.5)
    logger.close()
    (path,) = (folder / "tb" / "events").iterdir()
    expected = {"loss": [(3, 0.5)]}
    assert [values_of(logger.read_tb(each)) for each in (folder, folder / "tb" / "events", path)] == [expected] * 3
    assert values_of(logger.read_tb(str(folder))) == expected


def test_what_tensorboardx_objects_recorded_is_there_too(folder: Path, dump: Callable) -> None:
    logger.configure(folder, ["tensorboard"])
    writer = logger.get_tbx_writer()
    writer.add_scalar("own", 2.5, 7)
    writer.add_histogram("weights", np.arange(10.0), 7)
    writer.add_text("note", "text", 7)
    dump(step=7, loss=1)
    logger.close()
    assert values_of(logger.read_tb(folder)) == {"loss": [(7, 1.0)], "own": [(7, 2.5)]}


@pytest.mark.parametrize(
    "proto",
    [
        tensor_pb2.TensorProto(dtype=1, float_val=[2.5]),
        tensor_pb2.TensorProto(dtype=2, double_val=[2.5]),
        tensor_pb2.TensorProto(dtype=1, tensor_content=np.float32(2.5).tobytes()),
        tensor_pb2.TensorProto(dtype=2, tensor_content=np.float64(2.5).tobytes()),
        tensor_util.make_tensor_proto(2.5, dtype=np.float32),
    ],
    ids=["float", "double", "content of float", "content of double", "as TensorBoard makes it"],
)
def test_scalars_as_tensorflow_2_and_torch_write_them(proto: tensor_pb2.TensorProto, folder: Path) -> None:
    write_events(folder, tensor("loss", proto, step=4))
    assert values_of(logger.read_tb(folder)) == {"loss": [(4, 2.5)]}


@pytest.mark.parametrize("number", [-3, 2**40])
@pytest.mark.parametrize("packed", [True, False])
def test_scalars_that_are_whole_numbers(number: int, packed: bool, folder: Path) -> None:
    content = np.int64(number).tobytes()
    proto = tensor_pb2.TensorProto(dtype=9, **({"int64_val": [number]} if packed else {"tensor_content": content}))
    write_events(folder, tensor("count", proto))
    assert values_of(logger.read_tb(folder)) == {"count": [(1, float(number))]}


def test_tensors_that_are_no_scalars_are_left_out(folder: Path) -> None:
    several = tensor_util.make_tensor_proto([1.0, 2.0], dtype=np.float32)
    one = tensor_util.make_tensor_proto(1.0, dtype=np.float32)
    text = tensor_pb2.TensorProto(dtype=7, string_val=[b"text"])
    write_events(folder, tensor("several", several), tensor("other", one, "histograms"), tensor("text", text, "text"))
    assert logger.read_tb(folder).shape == (0, 0)


def test_the_newest_of_several_values_at_a_time_step_counts(folder: Path) -> None:
    write_events(folder, scalar("loss", 1.0, 5), scalar("loss", 2.0, 3), scalar("loss", 3.0, 5))
    assert values_of(logger.read_tb(folder)) == {"loss": [(3, 2.0), (5, 3.0)]}


def test_files_of_a_folder_are_read_in_the_order_of_their_names(folder: Path) -> None:
    first = write_events(folder, scalar("loss", 1.0, 1), scalar("loss", 1.0, 2))
    first.rename(folder / "events.out.tfevents.0000000001.host")
    write_events(folder, scalar("loss", 9.0, 2))
    (folder / "notes.txt").write_text("of somebody")
    assert values_of(logger.read_tb(folder)) == {"loss": [(1, 1.0), (2, 9.0)]}


def test_steps_may_be_negative_and_numbers_need_not_be_finite(folder: Path) -> None:
    write_events(folder, scalar("loss", math.inf, -7), scalar("loss", -math.inf, 0), scalar("loss", math.nan, 1))
    table = logger.read_tb(folder)
    assert list(table.index) == [-7, 0, 1]
    assert list(table["loss"][:2]) == [math.inf, -math.inf]
    assert math.isnan(table.loc[1, "loss"])


def test_a_live_run_of_this_process_shows_all_rows(folder: Path, dump: Callable, own_pace: None) -> None:
    logger.configure(folder, ["tensorboard"])
    for step in range(3):
        dump(step=step, loss=step)
    assert values_of(logger.read_tb(folder))["loss"] == [(0, 0.0), (1, 1.0), (2, 2.0)]


def test_a_killed_run_shows_all_rows_and_nothing_is_written(
    dead_run: Callable, tree: Callable, scalars: Callable
) -> None:
    folder = dead_run([{"loss": 0.1, "note": "text"}, {"loss": 1e300}, {"loss": 3}])
    before = tree(folder)
    assert values_of(logger.read_tb(folder)) == {"loss": [(0, float(np.float32(0.1))), (1, math.inf), (2, 3.0)]}
    assert tree(folder) == before
    assert scalars(folder) == {}


@pytest.mark.parametrize("missing", [1, 4, 5, 30])
def test_an_end_that_is_cut_short_is_forgiven(missing: int, folder: Path) -> None:
    path = write_events(folder, scalar("loss", 1.0, 1), scalar("loss", 2.0, 2))
    path.write_bytes(path.read_bytes()[:-missing])
    assert values_of(logger.read_tb(path)) == {"loss": [(1, 1.0)]}


def test_nothing_behind_a_damaged_byte_is_read(folder: Path) -> None:
    path = write_events(folder, scalar("loss", 1.0, 1), scalar("loss", 2.0, 2), scalar("loss", 3.0, 3))
    content = bytearray(path.read_bytes())
    content[-60] ^= 1
    path.write_bytes(content)
    assert values_of(logger.read_tb(folder)) == {"loss": [(1, 1.0)]}


def test_a_record_that_claims_more_than_the_file_has_is_not_asked_for(folder: Path) -> None:
    path = write_events(folder, scalar("loss", 1.0, 1))
    length = struct.pack("<Q", 1 << 62)
    with path.open("ab") as stream:
        stream.write(length + masked_checksum(length) + b"the rest")
    assert values_of(logger.read_tb(folder)) == {"loss": [(1, 1.0)]}


def test_a_folder_with_a_file_that_is_damaged_from_its_beginning_shows_the_others(folder: Path) -> None:
    write_events(folder, scalar("loss", 1.0, 1))
    (folder / "events.out.tfevents.0.host").write_bytes(bytes(100))
    (folder / "events.out.tfevents.1.host").write_bytes(b"")
    assert values_of(logger.read_tb(folder)) == {"loss": [(1, 1.0)]}


def test_what_is_no_event_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no event file"):
        logger.read_tb(tmp_path)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        logger.read_tb(tmp_path / "nowhere")
    path = tmp_path / "progress.csv"
    path.write_text("a,b\n1,2\n" * 10)
    with pytest.raises(ValueError, match=r"progress\.csv.* is no event file"):
        logger.read_tb(path)
