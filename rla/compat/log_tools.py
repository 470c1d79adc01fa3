"""`RLA.easy_log.log_tools`: delete, archive, migrate, view, send and download experiments by a pattern.

Each tool shows what would happen, asks once, and acts then. What was deleted, archived or migrated can be taken back
with `rla undo`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from rla.batch.archive import plan_archive
from rla.batch.deletion import plan_deletion
from rla.batch.migration import plan_migration
from rla.batch.plan import Plan
from rla.batch.short_runs import only_short_runs
from rla.batch.view import notes_of
from rla.compat.batch_screen import ask, progress_bar, say
from rla.compat.log_tool import BasicLogTool, Filter, Planner, check_bound, checked_trees
from rla.compat.pretty_plotter import PrettyPlotterTool
from rla.compat.transfer_tools import DownloadLogTool, SendLogTool
from rla.database.trees import check_task_name
from rla.errors import QueryError, printable
from rla.names import ARCHIVED
from rla.query.search import Experiments

__all__ = [
    "ArchiveLogTool",
    "BasicLogTool",
    "DeleteLogTool",
    "DownloadLogTool",
    "Filter",
    "MigrateLogTool",
    "PrettyPlotterTool",
    "SendLogTool",
    "ViewLogTool",
]


class DeleteLogTool(BasicLogTool):
    """Deletes experiments: they go to the trash. Those that are pinned, or still run, are refused.

    Args:
        proj_root: the data root.
        task_table_name: the task table.
        regex: a glob under the task, or ``re:`` and a regular expression.
        filter: which of them; all when None.
        args, kwargs: as of `BasicLogTool`.

    Raises:
        QueryError: the filter is none, or there is no such tree.
    """

    def __init__(
        self,
        proj_root: str | os.PathLike[str],
        task_table_name: str,
        regex: str,
        filter: Filter | None,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._mean(proj_root, task_table_name, regex)
        self.filter = Filter() if filter is None else filter
        if not isinstance(self.filter, Filter):  # whatever else was meant, it was hardly all of them
            raise QueryError(f"filter is a Filter that was told by config(type, timstep_bound); got {filter!r}.")

    def delete_related_log(self, skip_ask: bool = False, delete_log_types: str | Iterable[str] | None = None) -> int:
        """Delete the experiments that pattern and filter name.

        Args:
            skip_ask: act without asking.
            delete_log_types: the tree, or the trees, that they leave; those of the tool when None.

        Returns:
            The number of folders and files that were found and moved to the trash: an experiment in five trees counts
            5. When nothing was found, or the answer was no, 0.

        Raises:
            RLAError: data root, task, pattern or tree cannot be one; nothing was changed.
        """
        trees = self.log_types if delete_log_types is None else checked_trees(delete_log_types)
        if self.filter.type == Filter.SMALL_TIMESTEP:
            return self._do(self._small(trees), skip_ask)
        return self._do(lambda chosen: plan_deletion(chosen, trees), skip_ask)

    def delete_small_timestep_log(self, skip_ask: bool = False) -> int:
        """Delete those whose largest time step, as their rows have it, is below the bound of the filter.

        A run without rows has the time step 0. One of which it cannot be told is left alone.

        Returns:
            As `delete_related_log`.

        Raises:
            RLAError: data root, task, pattern or bound cannot be one; nothing was changed.
        """
        return self._do(self._small(self.log_types), skip_ask)

    def _small(self, trees: list[str]) -> Planner:
        bound = check_bound(self.filter.timstep_bound)

        def plan_small(chosen: Experiments) -> Plan:
            plan = plan_deletion(chosen, trees)
            with progress_bar("Reading time steps") as progress:
                return only_short_runs(plan, chosen, bound, progress)

        return plan_small


class ArchiveLogTool(BasicLogTool):
    """Copies experiments into an archive of the data root; an earlier copy is brought up to date.

    Args:
        proj_root: the data root.
        task_table_name: the task table.
        regex: a glob under the task, or ``re:`` and a regular expression.
        archive_table_name: the folder of the data root that holds the archive.
        args, kwargs: as of `BasicLogTool`.
    """

    def __init__(
        self,
        proj_root: str | os.PathLike[str],
        task_table_name: str,
        regex: str,
        archive_table_name: str = ARCHIVED,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._check_all_trees()
        self._mean(proj_root, task_table_name, regex)
        self.archive_table_name = archive_table_name

    def archive_log(self, skip_ask: bool = False) -> int:
        """Archive the experiments, and return the number of folders and files that were copied.

        Raises:
            RLAError: data root, task, pattern or archive cannot be one; nothing was changed.
        """
        return self._do(lambda chosen: plan_archive(chosen, self.archive_table_name), skip_ask)


class MigrateLogTool(BasicLogTool):
    """Copies experiments to another task table of the data root.

    Args:
        proj_root: the data root.
        task_table_name: the task table.
        regex: a glob under the task, or ``re:`` and a regular expression.
        target_task_table_name: the task table that they are copied to.
        args, kwargs: as of `BasicLogTool`.
    """

    def __init__(
        self,
        proj_root: str | os.PathLike[str],
        task_table_name: str,
        regex: str,
        target_task_table_name: str,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._check_all_trees()
        self._mean(proj_root, task_table_name, regex)
        self.target_task_table_name = target_task_table_name

    def migrate_log(self, skip_ask: bool = False) -> int:
        """Migrate the experiments, and return the number of folders and files that were copied.

        Raises:
            RLAError: data root, tasks or pattern cannot be one; nothing was changed.
        """
        target = check_task_name(self.target_task_table_name)
        return self._do(lambda chosen: plan_migration(chosen, target), skip_ask)


class ViewLogTool(BasicLogTool):
    """Shows what experiments wrote into their `backup.txt`.

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

    def view_log(self, skip_ask: bool = False) -> int:
        """Show the notes of each experiment, asking before each, and return how many were shown.

        Raises:
            RLAError: data root, task or pattern cannot be one.
        """
        chosen, shown = self._chosen(), 0
        if chosen is None:
            return 0
        for name, notes in notes_of(chosen):
            say(printable(name))
            if notes is None:
                say("  it has no backup.txt")
            elif skip_ask or ask("  Show its backup.txt?"):
                for line in notes.splitlines():
                    say("  " + "\t".join(map(printable, line.split("\t"))))
                shown += 1
        return shown
