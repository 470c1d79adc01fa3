"""Summaries of TensorFlow and hyper-parameters in TensorBoard, by old names; TensorFlow itself is never imported."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

from rla.database.plain_values import mask_secrets, plain_parameters, text_of
from rla.experiment.manager import ExperimentManager
from rla.logger import timestep
from rla.optional import require
from rla.output.events import graph_event, scalars_event, summary_event, text_event, whole_step
from rla.output.media.tables import markdown_table
from rla.output.summaries import record_summary
from rla.output.tensorboard import as_float32
from rla.output.values import as_number

__all__ = [
    "add_graph",
    "add_summary_to_logger",
    "dict_to_table_text_summary",
    "hyper_parameter_events",
    "summary_val",
    "valid_float_value",
]


def valid_float_value(value: Any) -> bool:
    """Say whether `float` takes a value."""
    try:
        float(value)
    except Exception:  # a foreign type may raise anything: it is no number then
        return False
    return True


def summary_val(key: str, value: Any) -> Any:
    """Return a scalar as a ``Summary.Value``: of TensorFlow where the program has loaded it, else of tensorboardX.

    Args:
        key: its tag.
        value: a number.
    """
    tensorflow = sys.modules.get("tensorflow")
    protocols: list[Any] = [tensorflow, getattr(getattr(tensorflow, "compat", None), "v1", None)]
    for protocol in protocols:
        if hasattr(protocol, "Summary"):
            return protocol.Summary.Value(tag=key, simple_value=float(value))
    summary = require("tensorboardX.proto.summary_pb2", "tensorboard").Summary
    return summary.Value(tag=key, simple_value=float(value))


def add_summary_to_logger(
    manager: ExperimentManager, summary: Any, name: str = "", simple_val: bool = False, freq: int | None = 20
) -> None:
    """Record the scalars of a summary under ``<name>/<tag>``; all else in it goes to TensorBoard as it is.

    Args:
        manager: records it.
        summary: a protocol buffer ``Summary`` of TensorFlow, or its bytes.
        name: stands before the tags; nothing does when it is empty.
        simple_val: use the last part of each tag alone: ``losses/value`` is recorded as ``<name>/value``.
        freq: record a value only when so many time steps have passed since its key was last recorded.

    Raises:
        TypeError: it is no summary.
        ValueError: its bytes are no summary.
    """

    def key_of(tag: str) -> str:
        last = tag.rpartition("/")[2] if simple_val else tag
        return f"{name}/{last}" if name else last

    record_summary(manager.logger, summary, key_of, freq)


def add_graph(manager: ExperimentManager, sess: Any) -> None:
    """Show the graph of a TensorFlow session in TensorBoard's GRAPHS tab.

    Args:
        manager: records it.
        sess: the session, or its graph.

    Raises:
        TypeError: it has no graph.
    """
    graph = getattr(sess, "graph", sess)
    if not hasattr(graph, "as_graph_def"):
        raise TypeError(f"add_graph takes a session of TensorFlow, or its graph; got {type(sess).__name__}.")
    if "tensorboard" in manager.logger.formats:
        encoded = graph.as_graph_def(add_shapes=True).SerializeToString()
        manager.logger.add_event(graph_event(encoded, whole_step(manager.logger.now()), time.time()))


def dict_to_table_text_summary(manager: ExperimentManager, input_dict: Mapping[str, Any], name: str) -> None:
    """Show a dict as a table in TensorBoard's TEXT tab, at the current time step.

    Args:
        manager: records it.
        input_dict: values of any type, by key; those whose keys say that they are secrets are masked.
        name: the tag of the text.
    """
    manager.logger.text(name, _as_table(_without_secrets(input_dict), "key"))


def _as_table(values: Mapping[str, Any], title: str) -> str:
    return markdown_table((title, "value"), [(text_of(key), text_of(value)) for key, value in values.items()])


def _without_secrets(values: Mapping[str, Any]) -> dict[str, Any]:
    plain, types = plain_parameters(values)
    mask_secrets(plain, types)
    return plain


def hyper_parameter_events(
    hyper_param: Mapping[str, Any], metric_dict: Mapping[str, float] | None = None
) -> Iterator[bytes]:
    """Yield events of TensorBoard that show hyper-parameters: as a text, and with metrics in the HPARAMS tab too."""
    values = _without_secrets(hyper_param)
    step, now = whole_step(as_number(timestep())), time.time()
    yield text_event("hyperparameters", _as_table(values, "hyper-parameter"), step, now)
    if metric_dict is not None:
        hparams = require("tensorboardX.summary", "tensorboard").hparams
        plain = (bool, int, float, str)
        cells = {key: value if isinstance(value, plain) else str(value) for key, value in values.items()}
        metrics = {key: as_float32(as_number(value)) for key, value in metric_dict.items()}
        for summary in hparams(cells, metrics):
            yield summary_event([value.SerializeToString() for value in summary.value], step, now)
        yield scalars_event(metrics.items(), step, now)
