"""How often which values occur, as TensorBoard's histograms hold it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from rla.output.media.arrays import as_array

__all__ = ["Histogram", "histogram_of"]

BUCKETS: Final = 60


class Histogram(NamedTuple):
    """Values, counted in buckets.

    Attributes:
        smallest: the smallest value.
        largest: the largest value.
        number: how many values there are.
        total: their sum.
        squares: the sum of their squares.
        limits: the right end of each bucket, ascending.
        counts: how many values lie in each bucket.
    """

    smallest: float
    largest: float
    number: int
    total: float
    squares: float
    limits: Sequence[float]
    counts: Sequence[float]


def histogram_of(values: Any, call: str) -> Histogram | None:
    """Count the values of an array or tensor of any shape; NaN and infinities are left out.

    Args:
        values: numbers or bools.
        call: what the user called, for messages.

    Returns:
        None when none of the values is finite.

    Raises:
        TypeError: they are no numbers.
        ValueError: there are none.
    """
    import numpy

    array = as_array(values, call, "an array of numbers").astype(numpy.float64).ravel()
    array = array[numpy.isfinite(array)]
    if not array.size:
        return None
    smallest, largest = float(array.min()), float(array.max())
    with numpy.errstate(all="ignore"):
        try:
            counts, edges = numpy.histogram(array, BUCKETS, range=(smallest, largest))
            limits = edges[1:].tolist()
        except ValueError:  # the values are too near to each other, or too far apart, for buckets between them
            counts, limits = numpy.array([array.size]), [largest]
        total, squares = float(array.sum()), float(numpy.square(array).sum())
    return Histogram(smallest, largest, array.size, total, squares, limits, counts.tolist())
