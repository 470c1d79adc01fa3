"""`RLA.easy_log.tools`: deleting as the early versions did it, and timing of single calls."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import ParamSpec, TypeVar

from rla.compat.log_tools import DeleteLogTool as _DeleteLogTool
from rla.database.trees import check_task_name
from rla.timers import running as rc_start_time
from rla.timers import time_record, time_record_end

__all__ = ["DeleteLogTool", "rc_start_time", "time_record", "time_record_end", "time_used_wrap"]

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class DeleteLogTool:
    """Deletes experiments: they go to the trash. Those that are pinned, or still run, are refused.

    Args:
        log_root: the data root, or the folder that has the data roots of several projects.
        sub_proj: the name of the project there; empty when there is only one.
        task: the task table.
        regex: a glob under the task, or ``re:`` and a regular expression.
        config: not used: where the experiments are, log_root says.
        optional_log_type: the tree, or the trees, that they leave; all seven when None.

    Raises:
        InvalidNameError: the project is no plain name.
        QueryError: there is no such tree.
    """

    def __init__(
        self,
        log_root: str | os.PathLike[str],
        sub_proj: str | None,
        task: str,
        regex: str,
        config: object,
        optional_log_type: str | Iterable[str] | None = None,
    ) -> None:
        self.config = config
        root = os.path.join(log_root, check_task_name(sub_proj)) if sub_proj else log_root
        self._tool = _DeleteLogTool(root, task, regex, None, optional_log_type)

    def delete_related_log(self, skip_ask: bool = False) -> int:
        """Delete the experiments, and return the number of folders and files that were moved to the trash.

        Args:
            skip_ask: act without asking.

        Raises:
            RLAError: data root, task or pattern cannot be one; nothing was changed.
        """
        return self._tool.delete_related_log(skip_ask)


def time_used_wrap(
    name: str, func: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """Call a function, record the seconds as ``time_used/<name>``, and return its result.

    Raises:
        ValueError: ``name`` is being timed already.
    """
    time_record(name)
    try:
        return func(*args, **kwargs)
    finally:
        time_record_end(name)
