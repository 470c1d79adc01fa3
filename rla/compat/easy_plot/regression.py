"""How a score depends on other columns: a linear regression, by the name that OpenAI baselines had for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rla.errors import QueryError, did_you_mean
from rla.plot.statistics.student import t_cdf, t_quantile

if TYPE_CHECKING:
    import pandas

__all__ = ["regression_analysis"]

_SCORE = "score"
_LEVEL = 0.95


def regression_analysis(df: pandas.DataFrame) -> pandas.DataFrame:
    """Return how the column ``score`` depends on all other columns: ordinary least squares, with a constant.

    Args:
        df: a table of numbers, a line for each run, say; lines with missing values are left out.

    Returns:
        A line for the constant (``const``) and for each column: ``coef``, its standard error ``std err``, ``t``, the
        p-value ``P>|t|``, and the bounds of the 95 % interval, ``low`` and ``high``. ``.attrs`` has ``r_squared`` and
        ``n``, the number of lines.

    Raises:
        QueryError: there is no column ``score``, or there are too few lines for the columns.
    """
    import pandas

    if _SCORE not in df:
        hint = did_you_mean(_SCORE, map(str, df))
        raise QueryError(f"regression_analysis takes a table with a column '{_SCORE}'; got {list(df)}.{hint}")
    try:
        numbers = df.astype(float).dropna()
    except (TypeError, ValueError) as error:
        raise QueryError(f"regression_analysis takes a table of numbers: {error}.") from error
    names = ["const", *(str(name) for name in numbers if name != _SCORE)]
    score = numbers[_SCORE].to_numpy()
    causes = np.column_stack([np.ones(len(score)), numbers.drop(columns=_SCORE).to_numpy()])
    degrees = len(score) - len(names)
    if degrees < 1 or np.linalg.matrix_rank(causes) < len(names):
        raise QueryError(
            f"{len(score)} lines do not tell the parts of {len(names)} columns (with the constant) apart: give more "
            "lines than columns, and no columns that depend on each other."
        )
    coefficients = np.linalg.lstsq(causes, score, rcond=None)[0]
    rest = float(((score - causes @ coefficients) ** 2).sum())
    errors = np.sqrt(np.diag(np.linalg.inv(causes.T @ causes)) * rest / degrees)
    t = np.divide(coefficients, errors, out=np.full(len(names), np.inf), where=errors > 0)
    width = errors * t_quantile((1 + _LEVEL) / 2, degrees)
    columns = {"coef": coefficients, "std err": errors, "t": t, "P>|t|": 2 * (1 - t_cdf(abs(t), degrees))}
    table: pandas.DataFrame = pandas.DataFrame(
        {**columns, "low": coefficients - width, "high": coefficients + width}, index=names
    )
    total = float(((score - score.mean()) ** 2).sum())
    table.attrs = {"r_squared": 1 - rest / total if total else 1.0, "n": len(score)}
    return table
