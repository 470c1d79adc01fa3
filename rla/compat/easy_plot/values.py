"""The values of a metric of one run, as x and y: scaled, cut, without outliers, where that is asked for."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from rla.compat.batch_screen import counted
from rla.compat.easy_plot.result_cls import CsvResult
from rla.errors import QueryError, RLAWarning

if TYPE_CHECKING:
    import pandas
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    XY: TypeAlias = tuple[Floats, Floats]

__all__ = ["check_scales", "xy_of"]

Scale: TypeAlias = Callable[[Any], Any] | float

FAR_OUT = 3.0
"""Values so many interquartile ranges beyond the quartiles are outliers (Tukey's "far out")."""


def xy_of(
    result: CsvResult,
    x_name: str,
    y_name: str,
    scale_dict: Mapping[str, Scale] | None,
    x_bound: float | None = None,
    x_start: float | None = None,
    y_bound: float | None = None,
    remove_outlier: bool = False,
) -> XY | None:
    """Return x and y of a metric of a run.

    Args:
        result: what the run has recorded.
        x_name: the column of x, such as ``"time-step"``.
        y_name: the metric.
        scale_dict: metric → a function of its values (an array), or a number that they are multiplied by.
        x_bound: rows behind it are left out.
        x_start: rows before it are left out.
        y_bound: greater values are drawn at this bound.
        remove_outlier: leave out values that lie 3 interquartile ranges beyond the quartiles.

    Returns:
        Two arrays of shape (rows,); None when the run has no such metric. A run without x is warned of.

    Raises:
        QueryError: a scale is none, or returns other than a value for each value.
    """
    table = result.progress
    if table is None or y_name not in table:
        return None
    if x_name not in table:
        warnings.warn(f"'{result.dirname}' has no '{x_name}'; it is left out", RLAWarning, stacklevel=3)
        return None
    y = _numbers(table, y_name, result)
    if y is None:
        return None
    x = _numbers(table, x_name, result)
    if x is None:
        return None
    y = _scaled(y, y_name, scale_dict)
    kept = np.ones(len(x), np.bool_)
    kept &= True if x_bound is None else ~(x > x_bound)
    kept &= True if x_start is None else ~(x < x_start)
    x, y = x[kept], y[kept]
    if remove_outlier:
        inside = _without_outliers(y)
        x, y = x[inside], y[inside]
    return x, y if y_bound is None else np.minimum(y, y_bound)


def check_scales(scale_dict: Any) -> Mapping[str, Scale]:
    """Return scales of metrics; None is none at all.

    Raises:
        QueryError: they are no dict of functions or numbers.
    """
    scales = {} if scale_dict is None else scale_dict
    wrong = not isinstance(scales, Mapping)
    if wrong or not all(callable(scale) or isinstance(scale, Real) for scale in scales.values()):
        raise QueryError(
            f"scale_dict has a function of values, or a factor, for metrics, such as {{'loss': np.log10}}; got "
            f"{scale_dict!r}."
        )
    return scales


def _numbers(table: pandas.DataFrame, name: str, result: CsvResult) -> Floats | None:
    """Return a column as numbers; texts are NaN, and warned of. None when it holds no number at all."""
    import pandas

    column = table[name]
    numbers: Floats = pandas.to_numeric(column, errors="coerce").to_numpy(np.float64)
    texts = column.notna().to_numpy() & np.isnan(numbers) if column.dtype.kind not in "ifb" else np.zeros(1, np.bool_)
    if number := int(np.count_nonzero(texts)):
        example = str(column[np.argmax(texts)])[:20]
        warnings.warn(
            f"{counted(number, 'value')} of '{name}' in '{result.dirname}' {'is' if number == 1 else 'are'} no number, "
            f"such as '{example}'; left out",
            RLAWarning,
            stacklevel=4,
        )
    return None if np.isnan(numbers).all() else numbers


def _scaled(y: Floats, name: str, scale_dict: Mapping[str, Scale] | None) -> Floats:
    scale = check_scales(scale_dict).get(name)
    if scale is None:
        return y
    found = np.asarray(scale(y) if callable(scale) else y * scale, np.float64)
    if found.shape != y.shape:
        raise QueryError(
            f"scale_dict['{name}'] made shape {found.shape} of values of shape {y.shape}; expected a value for each."
        )
    return found


def _without_outliers(y: Floats) -> NDArray[np.bool_]:
    known = y[np.isfinite(y)]
    if len(known) < 2:
        return np.ones(len(y), np.bool_)
    low, high = np.percentile(known, [25, 75])
    margin = FAR_OUT * (high - low)
    inside: NDArray[np.bool_] = ~((y < low - margin) | (y > high + margin))
    return inside
