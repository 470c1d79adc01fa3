"""What the manager offers around TensorFlow's summaries and graphs, without TensorFlow."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from RLA.easy_log.logger import summary_val, valid_float_value
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.compat.proto import graph_pb2, summary_pb2
from tensorboardX.summary import histogram

from rla import exp_manager, logger, time_step_holder


def summary_of(**scalars: float) -> summary_pb2.Summary:
    return summary_pb2.Summary(
        value=[summary_pb2.Summary.Value(tag=tag.replace("__", "/"), simple_value=v) for tag, v in scalars.items()]
    )


def events_of(log_dir: str) -> Iterator[Any]:
    for path in sorted(Path(log_dir, "tb", "events").iterdir()):
        yield from EventFileLoader(str(path)).Load()


def test_scalars_are_recorded_below_the_name() -> None:
    exp_manager.add_summary_to_logger(summary_of(losses__value=0.5), name="train")
    exp_manager.add_summary_to_logger(summary_of(losses__value=0.25), "eval", simple_val=True)
    exp_manager.add_summary_to_logger(summary_of(losses__value=1.5))
    assert dict(logger.name_to_value) == {"train/losses/value": 0.5, "eval/value": 0.25, "losses/value": 1.5}


def test_every_twentieth_time_step_is_recorded_unless_told_otherwise() -> None:
    recorded: dict[str, list[int]] = {"a": [], "b": []}
    for step in range(61):
        time_step_holder.set_time(step)
        exp_manager.add_summary_to_logger(summary_of(a=step).SerializeToString())
        exp_manager.add_summary_to_logger(summary_of(b=step), freq=30)
        row = logger.dump_tabular()
        for key, steps in recorded.items():
            if key in row:
                steps.append(step)
    assert recorded == {"a": [0, 20, 40, 60], "b": [0, 30, 60]}


def test_what_is_no_scalar_goes_to_tensorboard_as_seldom(start: Callable[..., None]) -> None:
    start(lr=0.1)
    for step in range(41):
        time_step_holder.set_time(step)
        exp_manager.add_summary_to_logger(histogram("weights", np.arange(10.0), bins="auto"), name="train")
    log_dir = exp_manager.log_dir
    exp_manager.finish()
    found = [event.step for event in events_of(log_dir) for value in event.summary.value if value.tag == "weights"]
    assert found == [0, 20, 40]


def test_what_is_no_summary_is_refused() -> None:
    with pytest.raises(TypeError, match="got dict"):
        exp_manager.add_summary_to_logger({"loss": 1.0})


GRAPH = graph_pb2.GraphDef(node=[{"name": "weights", "op": "VariableV2"}, {"name": "loss", "op": "Mean"}])


class Graph:
    """What `tensorflow.Graph` offers."""

    def as_graph_def(self, from_version: object = None, add_shapes: bool = False) -> graph_pb2.GraphDef:
        assert add_shapes
        return GRAPH


@pytest.mark.parametrize("given", [SimpleNamespace(graph=Graph()), Graph()], ids=["session", "graph"])
def test_the_graph_of_a_session_is_shown(given: Any, start: Callable[..., None]) -> None:
    start(lr=0.1)
    exp_manager.add_graph(given)
    log_dir = exp_manager.log_dir
    exp_manager.finish()
    (graph,) = (event.graph_def for event in events_of(log_dir) if event.graph_def)
    assert graph_pb2.GraphDef.FromString(graph) == GRAPH


def test_where_there_is_no_tensorboard_a_graph_is_not_even_packed(start: Callable[..., None]) -> None:
    class Unused:
        def as_graph_def(self, **_: object) -> None:
            raise AssertionError("it was packed")

    start(log_used=("csv",), lr=0.1)
    exp_manager.add_graph(SimpleNamespace(graph=Unused()))


@pytest.mark.parametrize("wrong", [None, 3, SimpleNamespace(graph=None)])
def test_what_has_no_graph_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match=type(wrong).__name__):
        exp_manager.add_graph(wrong)


def test_a_dict_shows_as_a_table(start: Callable[..., None]) -> None:
    start(lr=0.1)
    time_step_holder.set_time(5)
    exp_manager.dict_to_table_text_summary({"env": "CartPole-v1", "a|b": [1, 2], "password": "secret7"}, "settings")
    log_dir = exp_manager.log_dir
    exp_manager.finish()
    ((step, value),) = (
        (event.step, value) for event in events_of(log_dir) for value in event.summary.value if value.tag == "settings"
    )
    table = value.tensor.string_val[0].decode().splitlines()
    assert step == 5
    assert value.metadata.plugin_data.plugin_name == "text"
    assert table[:2] == ["| key | value |", "| --- | --- |"]
    assert "| env | CartPole-v1 |" in table
    assert "| a\\|b | [1, 2] |" in table
    assert not any("secret7" in line for line in table)


def test_summary_val_is_a_scalar_that_summaries_are_made_of() -> None:
    value = summary_val("loss", np.float64(0.5))
    assert (value.tag, value.simple_value) == ("loss", 0.5)
    logger.log_from_tf_summary(b"\x0a" + bytes([value.ByteSize()]) + value.SerializeToString())
    assert logger.dump_tabular()["loss"] == 0.5


@pytest.mark.parametrize("version", ["1", "2"])
def test_summary_val_is_one_of_tensorflow_where_the_program_has_it(
    version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = SimpleNamespace(Summary=summary_pb2.Summary)
    monkeypatch.setitem(
        sys.modules, "tensorflow", one if version == "1" else SimpleNamespace(compat=SimpleNamespace(v1=one))
    )
    assert isinstance(summary_val("loss", 1), summary_pb2.Summary.Value)


@pytest.mark.parametrize(
    ("value", "valid"), [(1, True), ("0.5", True), (np.float32(1), True), ("a", False), ([], False)]
)
def test_valid_float_value_says_what_float_takes(value: Any, valid: bool) -> None:
    assert valid_float_value(value) is valid


def test_an_object_that_cannot_be_a_number_is_no_valid_float() -> None:
    class Odd:
        def __float__(self) -> float:
            raise RuntimeError("never")

    assert not valid_float_value(Odd())
