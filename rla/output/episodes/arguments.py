"""What `logger.episodes` is given, as columns of equal length."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rla.names import TIME_STEP, TIMESTAMP
from rla.output.records import Value
from rla.output.values import as_value

__all__ = ["ENV", "EXTRA", "LENGTH", "RETURN", "episode_columns"]

RETURN: Final = "return"
LENGTH: Final = "length"
ENV: Final = "env"
EXTRA: Final = "extra"

_TAKEN: Final = frozenset((TIME_STEP, TIMESTAMP, RETURN, LENGTH, ENV, EXTRA))


def episode_columns(
    returns: Any, lengths: Any = None, env_ids: Any = None, extra: Mapping[str, Any] | None = None
) -> dict[str, list[Value]]:
    """Return what is known of some episodes, a list for each column.

    Args:
        returns: one number, or numbers of shape (episodes,).
        lengths: in environment steps; likewise, or None.
        env_ids: which of the environments; whole numbers or texts, or None.
        extra: further columns: one value for each episode, or one for all.

    Raises:
        TypeError: a return or a length is no number.
        ValueError: the shapes do not fit, or the name of an extra column is taken.
    """
    columns: dict[str, list[Value]] = {RETURN: _numbers("returns", returns)}
    episodes = len(columns[RETURN])
    if lengths is not None:
        columns[LENGTH] = list(map(_whole, _numbers("lengths", lengths)))
        _check_length("lengths", columns[LENGTH], episodes)
    if env_ids is not None:
        columns[ENV] = _values("env_ids", env_ids)
        _check_length("env_ids", columns[ENV], episodes)
    for name, given in (extra or {}).items():
        if name in _TAKEN:
            raise ValueError(f"episodes({name}=…): the file has a column '{name}' already; choose another name.")
        values = _values(name, given)
        columns[name] = values * episodes if _is_one(_plain(given)) else values
        _check_length(name, columns[name], episodes)
    return columns


def _check_length(name: str, values: Sequence[Value], episodes: int) -> None:
    if len(values) != episodes:
        raise ValueError(
            f"episodes({name}=…) has {len(values)} values for {episodes} returns; expected one for each episode."
        )


def _plain(given: Any) -> Any:
    """Return arrays and tensors as numbers of Python, nested as they were."""
    given = given.detach().cpu() if hasattr(given, "detach") else given
    return given.tolist() if hasattr(given, "tolist") else given


def _is_one(value: Any) -> bool:
    return isinstance(value, (str, bytes)) or not isinstance(value, Iterable)


def _values(name: str, given: Any) -> list[Value]:
    plain = _plain(given)
    if _is_one(plain):
        return [as_value(plain)]
    values = list(plain)
    if not all(map(_is_one, map(_plain, values))):
        shape = getattr(given, "shape", None)
        came = "is nested" if shape is None else f"has the shape {tuple(shape)}"
        raise ValueError(f"episodes({name}=…) {came}; expected one value, or the shape (episodes,).")
    return [as_value(value) for value in values]


def _numbers(name: str, given: Any) -> list[Value]:
    values = _values(name, given)
    for value in values:
        if not isinstance(value, (int, float)):
            kind = type(value).__name__
            raise TypeError(f"episodes({name}=…) holds {value!r} ({kind}); expected a number for each episode.")
    return values


def _whole(value: Value) -> Value:
    """Return a number of steps as a whole number, where it is one; sums of floats come as 500.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
