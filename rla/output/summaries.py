"""Summaries of TensorFlow as records, without TensorFlow: scalars join the open row, the rest goes to TensorBoard."""

from __future__ import annotations

import time
from collections.abc import Callable

from rla.output.event_reader import SummaryValue, summary_values
from rla.output.events import summary_event, whole_step
from rla.output.logger import Logger
from rla.output.tensorboard import TensorBoardOutput

__all__ = ["record_summary"]


def record_summary(
    logger: Logger, summary: object, key_of: Callable[[str], str] = str, freq: int | None = None
) -> None:
    """Record what a summary holds, at the current time step.

    Args:
        logger: records it.
        summary: the bytes of a protocol buffer ``Summary``, or an object with ``SerializeToString``.
        key_of: gives the key of a scalar, from its tag.
        freq: record a value only when so many time steps have passed since its tag was last recorded.

    Raises:
        TypeError: it is neither.
        ValueError: its bytes are no summary; nothing is recorded then.
    """
    others = []
    for value in _values(summary):
        if value.number is not None:
            logger.record_tabular(key_of(value.tag), value.number, freq=freq)
        elif freq is None or logger.is_due(value.tag, freq):
            others.append(value.encoded)
    if others and TensorBoardOutput.name in logger.formats:
        logger.add_event(summary_event(others, whole_step(logger.now()), time.time()))


def _values(summary: object) -> list[SummaryValue]:
    serialize = getattr(summary, "SerializeToString", None)
    encoded = serialize() if callable(serialize) else summary
    if not isinstance(encoded, (bytes, bytearray, memoryview)):
        raise TypeError(
            f"A summary is a protocol buffer of TensorFlow, or its bytes; got {type(summary).__name__}. "
            "Numbers are recorded by record_tabular(key, value)."
        )
    try:
        return summary_values(bytes(encoded))
    except ValueError as error:
        kind = type(summary).__name__
        raise ValueError(f"This {kind} is no Summary of TensorFlow, nor the bytes of one: {error}.") from error
