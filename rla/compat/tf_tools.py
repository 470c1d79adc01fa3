"""`RLA.easy_tf.tools`: what a session of TensorFlow spends its time on, in TensorBoard."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from rla.experiment.manager import exp_manager
from rla.optional import require
from rla.output.events import run_metadata_event, whole_step

__all__ = ["run_with_metadata"]


def run_with_metadata(sess: Any, ops: Any, feed: Mapping[Any, Any] | None, name: str) -> Any:
    """Run operations, and show the time and the memory of each in TensorBoard, with the graph (see `add_graph`).

    Args:
        sess: a session of TensorFlow.
        ops: what it runs.
        feed: values of placeholders.
        name: the name of this run in TensorBoard.

    Returns:
        What `sess.run` returned.

    Raises:
        MissingPackageError: TensorFlow is not installed.
    """
    tensorflow = require("tensorflow", "tensorflow").compat.v1
    options = tensorflow.RunOptions(trace_level=tensorflow.RunOptions.FULL_TRACE)
    metadata = tensorflow.RunMetadata()
    result = sess.run(ops, feed_dict=feed, options=options, run_metadata=metadata)
    logger = exp_manager.logger
    if "tensorboard" in logger.formats:
        step = whole_step(logger.now())
        logger.add_event(run_metadata_event(name, metadata.SerializeToString(), step, time.time()))
    return result
