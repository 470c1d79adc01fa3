"""The tool of `log_tools` that writes down for a plotter which experiments there are."""

from __future__ import annotations

import json
import os
from typing import Any

from rla import files
from rla.compat.log_tool import BasicLogTool
from rla.database.plain_values import plain_parameters
from rla.names import PROGRESS_FILE

__all__ = ["PrettyPlotterTool"]


class PrettyPlotterTool(BasicLogTool):
    """Writes down, as JSON, which experiments there are and what can be plotted of them.

    Args:
        proj_root: the data root.
        task_table_name: the task table.
        regex: a glob under the task, or ``re:`` and a regular expression.
        args, kwargs: as of `BasicLogTool`.
    """

    def __init__(
        self, proj_root: str | os.PathLike[str], task_table_name: str, regex: str, *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._mean(proj_root, task_table_name, regex)

    def gen_json(self, regex: str) -> dict[str, Any]:
        """Return the experiments that a pattern names as plain data.

        Returns:
            ``data_root``, ``task_table_name``, ``regex``, and ``experiments``: for each its ``name``, ``record_date``,
            ``status``, ``hyper_param``, ``time_step`` (of the last row), ``metrics`` (names of what it recorded), and
            ``progress``, the path of its `progress.csv` below the data root.

        Raises:
            RLAError: data root, task or pattern cannot be one.
        """
        chosen = self._chosen(regex)
        return {
            "data_root": os.path.abspath(self.proj_root),
            "task_table_name": self.task_table_name,
            "regex": regex,
            "experiments": [
                {
                    "name": each.name,
                    "record_date": each.record_date,
                    "status": each.status,
                    "hyper_param": each.stored_parameters,
                    "time_step": each.step,
                    "metrics": sorted(each.last),
                    "progress": os.path.relpath(each.log_dir / PROGRESS_FILE, each.place.data_root),
                }
                for each in chosen or ()
            ],
        }

    def json_dump(self, location: str | os.PathLike[str]) -> str:
        """Write what `gen_json` returns for the pattern of this tool into a file, and return its path.

        Args:
            location: the file; a folder gets the file `<task>.json`.

        Raises:
            RLAError: data root, task or pattern cannot be one.
            OSError: the file cannot be written.
        """
        content = self.gen_json(self.regex)
        path = os.fspath(location)
        if os.path.isdir(path):
            path = os.path.join(path, f"{self.task_table_name.replace('/', '_')}.json")
        files.make_directories(os.path.dirname(os.path.abspath(path)))
        plain, _ = plain_parameters(content)  # JSON has no NaN
        files.write_atomic(path, json.dumps(plain, indent=2) + "\n")
        return path
