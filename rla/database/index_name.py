"""Index names: `13-05-01-123456_10.0.0.5_&env_id=CartPole-v1&lr=0.001`, the folder of an experiment in every tree.

Names written before 2023 have spaces where today's have the first two underscores; both are read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

__all__ = ["MAX_BYTES", "IndexName", "format_index_name", "parse_index_name", "parse_record_date", "record_date_of"]

MAX_BYTES: Final = 200
"""An index name is never longer; file systems end at 255, and tools append to names."""

RECORD_DATE_FORMAT: Final = "%Y/%m/%d/%H-%M-%S-%f"

_NAME = re.compile(
    r"(?P<time>\d{2}-\d{2}-\d{2}-\d{1,6})(?P<gap>[_ ])(?P<node>[^_ &]*)(?:[_ ](?P<parameters>&?.*))?", re.S
)
_UNSAFE = re.compile(r"""[\x00-\x1f\x7f/\\*?"'<>|:;`$&=\ud800-\udfff\u2028\u2029\x85]""")


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
    return datetime.strptime(text, RECORD_DATE_FORMAT)


def format_index_name(time: str, node: str, tracked: Mapping[str, Any]) -> str:
    r"""Return the index name of an experiment.

    What a file system or a shell glob cannot carry is replaced: ``[`` and ``]`` by braces, all other such characters
    (``/ \ * ? " ' < > | : ; ` $ & =``, control characters, lone surrogates) by ``_``. A name of more than
    `MAX_BYTES` bytes is cut and ends in ``~`` and eight hex digits of the hash of the full name.

    Args:
        time: ``%H-%M-%S-%f`` of the record date.
        node: address of the machine.
        tracked: tracked hyper-parameters, by key.
    """
    pairs = "&".join(f"{_safe(key)}={_safe(value)}" for key, value in tracked.items())
    return _shortened(f"{time}_{node}_&{pairs}")


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
    text = unicodedata.normalize("NFC", str(value)).replace("[", "{").replace("]", "}")
    return _UNSAFE.sub("_", text)


def _shortened(name: str) -> str:
    encoded = name.encode("utf-8")
    if len(encoded) > MAX_BYTES:
        import hashlib  # loads OpenSSL, which few names need

        digest = hashlib.blake2s(encoded, digest_size=4).hexdigest()
        name = encoded[: MAX_BYTES - len(digest) - 1].decode("utf-8", "ignore") + f"~{digest}"
    # names that end in a space or a dot cannot be copied to every file system
    return name if name[-1] not in " ." else name[:-1] + "_"
