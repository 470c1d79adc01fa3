"""What scripts hand to a `SummaryWriter`, checked: tags, time steps and numbers."""

from __future__ import annotations

from typing import Any

from rla.output.logger import process_logger
from rla.output.table import shortened
from rla.output.values import as_value, shown

__all__ = ["number_of", "step_of", "tag_of"]


def tag_of(tag: Any) -> str:
    """Return a tag.

    Raises:
        TypeError: it is no text.
    """
    if not isinstance(tag, str):
        raise TypeError(f"A tag is a text such as 'losses/value_loss'; got {_described(tag)}.")
    return tag


def step_of(global_step: Any) -> int | float:
    """Return a time step; None is the current one of the process.

    Raises:
        ValueError: it is nothing that `int` takes.
    """
    if global_step is None:
        return process_logger.now()
    try:
        return int(global_step)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"global_step is a whole number or None; got {_described(global_step)}.") from error


def number_of(tag: str, value: Any) -> int | float:
    """Return the number that a scalar is: of Python, or of an array or tensor of any library that holds just one.

    Raises:
        ValueError: it is none.
    """
    number = value if type(value) in (float, int) else as_value(value)
    if isinstance(number, (int, float)):
        return number
    try:
        return float(number)  # type: ignore[arg-type]  # None raises as a text does
    except (TypeError, ValueError) as error:
        what = f"{_described(value)} for {tag!r}"
        raise ValueError(f"A scalar is one number; got {what}. Several numbers are a histogram.") from error


def _described(value: Any) -> str:
    shape = getattr(value, "shape", None)
    of_shape = f" of shape {tuple(shape)}" if isinstance(shape, tuple) else ""
    text = " ".join(shown(value).split())
    return f"{shortened(text)} ({type(value).__name__}{of_shape})"
