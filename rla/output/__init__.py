"""Outputs: how a row travels from `dump_tabular` to the files of a run.

    Logger ── journal (survives kill -9) ── Writer (a thread) ── progress.csv, TensorBoard events, log.txt, …

To add an output format, derive from `Output` (or `FileOutput`, for one file that grows) and `register_output` it;
docs/outputs.md shows how. One of ours is named in `registry.OUTPUTS`.
"""

from rla.output.base import FileOutput, Output
from rla.output.journal import Position
from rla.output.records import Event, Record, Row, Text
from rla.output.registry import register_output

__all__ = ["Event", "FileOutput", "Output", "Position", "Record", "Row", "Text", "register_output"]
