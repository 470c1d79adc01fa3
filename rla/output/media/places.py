"""Where results stand: below the results folder of a run, with the time step in the name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from rla import files
from rla.names import bounded_name, safe_name

__all__ = ["free_path", "safe_parts", "save_result"]

REMEMBERED_NUMBERS: Final = 10_000

_numbers: Final[dict[str, int]] = {}
"""The last number of each path that had several, so that they are not all looked for again."""

_taken: Final[dict[str, object]] = {}
"""Paths that a thread is about to write to; the first one to enter its token has it."""


def save_result(
    folder: str | os.PathLike[str],
    name: str,
    ending: str,
    content: bytes,
    time_step: int | float | None = None,
    cover: bool = False,
) -> str:
    """Write a file of results, and return its path.

    Args:
        folder: the results folder, made when missing.
        name: what it is; slashes make folders below it.
        ending: of the file name, e.g. ``".png"``.
        content: what the file holds.
        time_step: put behind the name; None leaves it out.
        cover: replace a file of that name; otherwise the new one gets a number.

    Raises:
        OSError: it could not be written.
    """
    token = object()
    while True:
        path = free_path(folder, name, ending, time_step, cover)
        try:
            if cover or (_taken.setdefault(path, token) is token and not os.path.exists(path)):
                files.make_directories(os.path.dirname(path))
                files.write_atomic(path, content)
                return path
        finally:
            if _taken.get(path) is token:
                del _taken[path]


def free_path(
    folder: str | os.PathLike[str], name: str, ending: str, time_step: int | float | None = None, cover: bool = False
) -> str:
    """Return the path that a result is written to: ``<folder>/<name>-<time step><ending>``.

    It never leaves the folder: ``.`` and ``..`` become ``_``, and names are made safe and short as those of
    experiments are. A file of that name that is there, or is being written, is passed by with a number: ``-2``, ….
    """
    stem = str(Path(folder, *safe_parts(name)))
    if time_step is not None:
        stem += f"-{time_step}"
    first = f"{stem}{ending}"
    if cover or not _is_taken(first):
        return first
    number = _numbers.get(first, 2)
    while _is_taken(path := f"{stem}-{number}{ending}"):
        number += 1
    if len(_numbers) >= REMEMBERED_NUMBERS:
        _numbers.clear()
    _numbers[first] = number
    return path


def safe_parts(name: str) -> list[str]:
    """Return the folders that a name of the user leads to, and the file name at their end, without time step."""
    parts = [bounded_name("_" if part in (".", "..") else safe_name(part)) for part in name.split("/") if part]
    return parts or ["_"]


def _is_taken(path: str) -> bool:
    return path in _taken or os.path.exists(path)
