"""Hyper-parameters as texts: what legends show, and what filters compare."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from rla.database.parameters import lookup
from rla.errors import QueryError, UnknownParameterError

__all__ = ["NOT_FOUND", "check_filter", "text_of_parameter", "wanted_values", "whether_wanted"]

NOT_FOUND: Final = "NF"
"""What a legend shows of a hyper-parameter that a run does not have."""


def text_of_parameter(hyper_param: Mapping[str, Any] | None, key: str) -> str:
    """Return a hyper-parameter as text; a dotted key goes down into nested values; ``NF`` where there is none."""
    try:
        return str(lookup(hyper_param or {}, key))
    except UnknownParameterError:
        return NOT_FOUND


def check_filter(hp_filter_dict: Any) -> Mapping[str, Any]:
    """Return a filter of hyper-parameters; None lets all runs pass.

    Raises:
        QueryError: it is no dict of names.
    """
    if hp_filter_dict is None:
        return {}
    if not isinstance(hp_filter_dict, Mapping) or not all(isinstance(key, str) for key in hp_filter_dict):
        raise QueryError(
            f"hp_filter_dict has the values that are wanted by name, such as {{'lr': [0.1, 0.2]}}; got "
            f"{hp_filter_dict!r}."
        )
    return hp_filter_dict


def wanted_values(value: Any) -> list[str]:
    """Return what a filter accepts as texts: the value itself, and each of a list."""
    several = isinstance(value, Collection) and not isinstance(value, (str, bytes, Mapping))
    return [str(value), *(map(str, value) if several else ())]


def whether_wanted(hyper_param: Mapping[str, Any] | None, hp_filter_dict: Mapping[str, Any]) -> bool:
    """Say whether a run has, as text, one of the values that a filter wants of each name."""
    return all(text_of_parameter(hyper_param, key) in wanted_values(value) for key, value in hp_filter_dict.items())
