"""The table of outputs. To add one: write a class after `base.Output`, and name it here."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Final

from rla.errors import ConfigValueError, did_you_mean
from rla.output.base import Output

__all__ = ["ALWAYS", "OUTPUTS", "make_output"]

OUTPUTS: Final[dict[str, str]] = {
    "stdout": "rla.output.text_files:StdoutOutput",
    "log": "rla.output.text_files:LogOutput",
    "csv": "rla.output.csv_file:CsvOutput",
    "tensorboard": "rla.output.tensorboard:TensorBoardOutput",
    "json": "rla.output.json_lines:JsonOutput",
    "warn": "rla.output.text_files:WarnOutput",
    "backup": "rla.output.text_files:BackupOutput",
}
"""Name of a format → dotted path of its class, imported on first use."""

ALWAYS: Final = ("warn", "backup")
"""Outputs that every run has, whatever formats it names."""


def make_output(name: str, directory: Path) -> Output:
    """Make the output of a format.

    Args:
        name: a key of `OUTPUTS`.
        directory: the run's log folder.

    Raises:
        ConfigValueError: there is no such format; the message names the nearest.
        OSError: its file could not be opened.
    """
    return _class_of(name)(directory)


def adopt_output(name: str, directory: Path) -> Output:
    """Make the output of a format on the file that a dead process left, to finish it."""
    return _class_of(name).adopt(directory)


def _class_of(name: str) -> type[Output]:
    if name not in OUTPUTS:
        listed = ", ".join(known for known in OUTPUTS if known not in ALWAYS)
        raise ConfigValueError("The format", "the list of formats", name, listed, did_you_mean(name, OUTPUTS))
    module, _, class_name = OUTPUTS[name].partition(":")
    found: type[Output] = getattr(importlib.import_module(module), class_name)
    return found
