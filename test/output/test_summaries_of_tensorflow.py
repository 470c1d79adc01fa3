"""`log_from_tf_summary` records the scalars of a summary; all else in it goes to TensorBoard as it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorboard.compat.proto.summary_pb2 as tensorboard_summary
import tensorboardX.proto.summary_pb2 as tensorboardx_summary
from tensorboard.util import tensor_util
from tensorboardX import summary as make

from rla import logger, time_step_holder


def summary_of(*values: Any) -> tensorboard_summary.Summary:
    return tensorboard_summary.Summary(value=values)


def scalar(tag: str, number: float) -> tensorboard_summary.Summary.Value:
    return tensorboard_summary.Summary.Value(tag=tag, simple_value=number)


class OfTensorFlow:
    """What the protocol buffers of TensorFlow offer, without TensorFlow."""

    def __init__(self, *values: Any) -> None:
        self._summary = summary_of(*values)

    def SerializeToString(self) -> bytes:  # noqa: N802  # as protobuf calls it
        return self._summary.SerializeToString()


def test_scalars_join_the_open_row(folder: Path) -> None:
    logger.configure(folder, ["csv"])
    time_step_holder.set_time(7)
    logger.record_tabular("before", 1)
    logger.log_from_tf_summary(OfTensorFlow(scalar("train/loss", 0.5), scalar("before", 2.0)))
    row = logger.dump_tabular()
    assert (row["train/loss"], row["before"], row["time-step"]) == (0.5, 2.0, 7)
    assert logger.read_csv(folder)["train/loss"].tolist() == [0.5]


@pytest.mark.parametrize("protocol", [tensorboard_summary, tensorboardx_summary], ids=["tensorboard", "tensorboardX"])
@pytest.mark.parametrize(
    "kind", [bytes, bytearray, memoryview, None], ids=["bytes", "bytearray", "memoryview", "object"]
)
def test_objects_of_any_protobuf_and_their_bytes_are_taken(protocol: Any, kind: Any) -> None:
    summary = protocol.Summary(value=[protocol.Summary.Value(tag="loss", simple_value=0.25)])
    logger.log_from_tf_summary(summary if kind is None else kind(summary.SerializeToString()))
    assert logger.dump_tabular()["loss"] == 0.25


def test_a_scalar_of_tensorflow_2_is_one() -> None:
    tensor = tensor_util.make_tensor_proto(0.25, dtype=np.float32)
    metadata = tensorboard_summary.SummaryMetadata(plugin_data={"plugin_name": "scalars"})
    value = tensorboard_summary.Summary.Value(tag="loss", tensor=tensor, metadata=metadata)
    logger.log_from_tf_summary(summary_of(value))
    assert logger.dump_tabular()["loss"] == 0.25


def test_all_else_reaches_tensorboard_unchanged_at_the_time_step(folder: Path, events: Callable) -> None:
    logger.configure(folder, ["tensorboard"])
    time_step_holder.set_time(12)
    picture = make.image("picture", np.zeros((3, 4, 5), dtype=np.uint8)).value[0]
    weights = make.histogram("weights", np.arange(10.0), bins="auto").value[0]
    note = make.text("note", "hello").value[0]
    mixed = tensorboardx_summary.Summary(
        value=[picture, tensorboardx_summary.Summary.Value(tag="loss", simple_value=1.0), weights, note]
    )
    logger.log_from_tf_summary(mixed)
    assert logger.dump_tabular()["loss"] == 1.0
    logger.close()
    (event,) = (event for event in events(folder) if any(value.tag == "picture" for value in event.summary.value))
    assert event.step == 12
    assert event.wall_time > 1e9
    plugins = {value.tag: value.metadata.plugin_data.plugin_name for value in event.summary.value}
    assert plugins == {"picture": "images", "weights": "histograms", "note/text_summary": "text"}
    stored = {value.tag: value for value in event.summary.value}
    assert stored["picture"].tensor.string_val[2] == picture.image.encoded_image_string
    assert stored["note/text_summary"].tensor.string_val[0] == b"hello"


def test_an_empty_summary_records_nothing(folder: Path) -> None:
    logger.configure(folder, ["tensorboard"])
    logger.log_from_tf_summary(b"")
    logger.log_from_tf_summary(summary_of())
    assert logger.dump_tabular() == {}


def test_pictures_are_not_kept_in_a_journal_that_has_no_use_for_them(folder: Path) -> None:
    logger.configure(folder, ["csv"])
    picture = make.image("picture", np.random.default_rng(0).integers(0, 255, (3, 64, 64), dtype=np.uint8))
    before = sum(path.stat().st_size for path in (folder / ".journal").iterdir())
    logger.log_from_tf_summary(picture)
    assert sum(path.stat().st_size for path in (folder / ".journal").iterdir()) == before


def test_before_any_set_up_scalars_are_recorded_and_the_rest_is_dropped() -> None:
    logger.log_from_tf_summary(summary_of(scalar("loss", 1.0)))
    logger.log_from_tf_summary(make.histogram("weights", np.arange(10.0), bins="auto"))
    assert logger.dump_tabular()["loss"] == 1.0


@pytest.mark.parametrize("wrong", [None, 0.5, "loss", {"loss": 0.5}, [b""]])
def test_what_is_no_summary_is_an_error_of_the_call(wrong: Any) -> None:
    with pytest.raises(TypeError, match=f"got {type(wrong).__name__}"):
        logger.log_from_tf_summary(wrong)


def test_bytes_that_are_no_summary_record_nothing() -> None:
    good = summary_of(scalar("loss", 1.0)).SerializeToString()
    for content in (good[:-1], good + b"\x0b", scalar("loss", 1.0).SerializeToString()):
        with pytest.raises(ValueError, match="no Summary of TensorFlow"):
            logger.log_from_tf_summary(content)
    assert logger.dump_tabular() == {}


def test_neither_tensorflow_nor_tensorboardx_is_loaded(run_python: Callable, tmp_path: Path) -> None:
    content = summary_of(scalar("loss", 1.0)).SerializeToString() + make.text("note", "hello").SerializeToString()
    done = run_python(
        "import sys\nfrom rla import logger\nlogger.configure('run', ['tensorboard'])\n"
        f"logger.log_from_tf_summary({content!r})\nlogger.dump_tabular(1)\nlogger.close()\n"
        "assert not {'tensorflow', 'tensorboard', 'tensorboardX', 'torch', 'google.protobuf'} & set(sys.modules)\n"
        "assert logger.read_tb('run')['loss'].tolist() == [1.0]\n"
        "assert not {'tensorflow', 'tensorboard', 'tensorboardX', 'torch', 'google.protobuf'} & set(sys.modules)\n"
    )
    assert done.returncode == 0, done.stderr
