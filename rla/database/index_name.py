"""Index names: `13-05-01-123456_10.0.0.5_&env_id=CartPole-v1&lr=0.001`, the folder of an experiment in every tree.

Names written before 2023 have spaces where today's have the first two underscores; both are read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from rla.names import bounded_name, safe_name

__all__ = ["IndexName", "format_index_name", "parse_index_name", "parse_record_date", "record_date_of"]

RECORD_DATE_FORMAT: Final = "%Y/%m/%d/%H-%M-%S-%f"

_NAME = re.compile(
    r"(?P<time>[0-9]{2}-[0-9]{2}-[0-9]{2}-[0-9]{1,6})(?P<gap>[_ ])(?P<node>[^_ &]*)(?:[_ ](?P<parameters>&?.*))?",
    re.S,
)
_RECORD_DATE = re.compile(r"(\d{4})/(\d{2})/(\d{2})/(\d{2})-(\d{2})-(\d{2})-(\d{1,6})", re.ASCII)


@dataclass(frozen=True)
class IndexName:
    """The parts of an index name.

    Attributes:
        time: ``%H-%M-%S-%f`` of the record date.
        node: address of the machine that ran the experiment.
        parameters: tracked hyper-parameters as texts, in the order of the name.
    """

    time: str
    node: str
    parameters: dict[str, str]


def record_date_of(moment: datetime) -> str:
    """Return the record date of a moment: ``2026/11/20/13-05-01-123456``."""
    return moment.strftime(RECORD_DATE_FORMAT)


def parse_record_date(text: str) -> datetime:
    """Return the moment that a record date names.

    Raises:
        ValueError: the text is no record date.
    """
    match = _RECORD_DATE.fullmatch(text)
    if match is None:
        raise ValueError(f"'{text}' is no record date: expected {RECORD_DATE_FORMAT}")
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    return datetime(year, month, day, hour, minute, second, int(match[7].ljust(6, "0")))


def format_index_name(time: str, node: str, tracked: Mapping[str, Any]) -> str:
    """Return the index name of an experiment.

    What a file system or a shell cannot carry is replaced, as by `rla.names.safe_name`; so is ``=``. The name is
    bounded by `rla.names.bounded_name`.

    Args:
        time: ``%H-%M-%S-%f`` of the record date.
        node: address of the machine.
        tracked: tracked hyper-parameters, by key.
    """
    pairs = "&".join(f"{_safe(key)}={_safe(value)}" for key, value in tracked.items())
    return bounded_name(f"{time}_{node}_&{pairs}")


def parse_index_name(name: str) -> IndexName | None:
    """Read an index name of either format; None when the name is no experiment's."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    parameters: dict[str, str] = {}
    last = ""
    for piece in (match["parameters"] or "").removeprefix("&").split("&"):
        key, sign, value = piece.partition("=")
        if sign:
            parameters[key] = value
            last = key
        elif last:  # an '&' inside a value, as older names may have it
            parameters[last] += f"&{piece}"
    return IndexName(match["time"], match["node"], parameters)


def _safe(value: object) -> str:
    return safe_name(str(value)).replace("=", "_")
