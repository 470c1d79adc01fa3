"""The tools that send experiments to the main node, and fetch them from there, by a pattern."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from rla.batch.selection import check_pattern
from rla.compat.batch_screen import ask, counted, progress_bar, say
from rla.compat.log_tool import BasicLogTool
from rla.config import Settings, load_settings
from rla.database.trees import ExperimentPlace, check_data_root, check_task_name
from rla.errors import QueryError, did_you_mean, printable
from rla.sync.by_hand.addresses import check_is_there, remotes_at, trees_to_send
from rla.sync.by_hand.choosing import name_of
from rla.sync.by_hand.leftovers import Leftover, find_leftovers, fold_leftovers
from rla.sync.by_hand.transfers import Pull, Push, Transfer
from rla.sync.report import readable_bytes

__all__ = ["DownloadLogTool", "SendLogTool"]

_SHOWN: Final = 10


class _TransferTool(BasicLogTool):
    """What both have in common.

    Args:
        rla_config_path: the `rla_config.yaml` whose `REMOTE_SETTING` names the main node.
        proj_root: the data root.
        task: the task table.
        regex: a glob under the task, or ``re:`` and a regular expression.
        args, kwargs: as of `BasicLogTool`; without trees, those of `REMOTE_SETTING.trees` travel.
    """

    def __init__(
        self,
        rla_config_path: str | os.PathLike[str],
        proj_root: str | os.PathLike[str],
        task: str,
        regex: str,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._mean(proj_root, task, regex)
        self.rla_config_path = rla_config_path
        self._names_trees = any(given is not None for given in (*args, *kwargs.values()))

    def __getattr__(self, name: str) -> Any:
        known = [each for each in dir(type(self)) if not each.startswith("_")]
        hint = did_you_mean(name, known) or f" What it does is: {', '.join(each for each in known if '_log' in each)}."
        raise AttributeError(f"{type(self).__name__} has no '{name}'.{hint}")

    def _settings(self) -> Settings:
        return load_settings(Path(self.rla_config_path))

    def _trees(self, settings: Settings) -> Sequence[str]:
        return self.log_types if self._names_trees else trees_to_send(settings)

    def _travel(
        self,
        transfer: Transfer,
        places: Sequence[ExperimentPlace],
        skip_ask: bool,
        verb: str,
        past: str,
        leftovers: Sequence[Leftover] = (),
    ) -> int:
        """Show what would travel, ask, let it travel, and return the number of files that arrived."""
        files = transfer.plan(places)
        _show(files, places, transfer.address, verb)
        if leftovers:
            say(f"Before that, journals of dead runs would be written into their files: {len(leftovers)}")
        if not files and not leftovers:
            say("Nothing to do.")
            return 0
        if not skip_ask and not ask(f"\n{verb} {counted(len(places), 'experiment')}?"):
            say("Nothing was changed.")
            return 0
        for leftover in fold_leftovers([each.place for each in leftovers]):
            say(printable(f"{leftover.name}: {leftover}"))
        try:
            with progress_bar(verb) as progress:
                report = transfer.run(places, progress=progress)
        finally:  # what has arrived is told of, whatever ended it
            report = transfer.report
            say(f"\n{counted(len(report.moved), 'file')} {past} ({readable_bytes(report.bytes)}).")
            for path, problem in report.problems.items():
                say(f"  not {past}: {printable(path)}: {printable(problem)}")
            for notice in report.notices:
                say(f"  {printable(notice)}")
        if not report.complete:
            say("Call it again to go on with what is left.")
        return len(report.moved)


class SendLogTool(_TransferTool):
    """Sends experiments to the main node that a configuration names.

    Args:
        rla_config_path: the `rla_config.yaml` whose `REMOTE_SETTING` names the main node.
        proj_root: the data root.
        task: the task table.
        regex: a glob under the task, or ``re:`` and a regular expression.
        args, kwargs: as of `BasicLogTool`; without trees, those of `REMOTE_SETTING.trees` travel.
    """

    def send_log(self, skip_ask: bool = False) -> int:
        """Send the experiments, and return the number of files that were sent.

        Rows that only the journal of a dead run holds are written into its files first.

        Args:
            skip_ask: send without asking.

        Raises:
            RLAError: data root, task, pattern or configuration cannot be one, or the main node does not answer.
        """
        chosen = self._chosen()
        if chosen is None:
            return 0
        settings = self._settings()
        root = check_data_root(self.proj_root)
        transfer = Push(root, remotes_at(None, settings), self._trees(settings))
        try:
            places = [each.place for each in chosen]
            return self._travel(transfer, places, skip_ask, "Send", "sent", find_leftovers(places))
        finally:
            transfer.close()


class DownloadLogTool(_TransferTool):
    """Fetches experiments from the main node that a configuration names.

    Args:
        rla_config_path: the `rla_config.yaml` whose `REMOTE_SETTING` names the main node.
        proj_root: the data root here.
        task: the task table.
        regex: a glob under the task, or ``re:`` and a regular expression.
        args, kwargs: as of `BasicLogTool`; without trees, those of `REMOTE_SETTING.trees` travel.
    """

    def download_log(self, skip_ask: bool = False) -> int:
        """Fetch the experiments, and return the number of files that were fetched.

        Args:
            skip_ask: fetch without asking.

        Raises:
            RLAError: data root, task, pattern or configuration cannot be one, or the main node does not answer.
        """
        root, task = check_data_root(self.proj_root), check_task_name(self.task_table_name)
        pattern, settings = check_pattern(self.regex), self._settings()
        remotes = remotes_at(None, settings)
        check_is_there(remotes)
        transfer = Pull(root, remotes, self._trees(settings))
        try:
            try:
                places = transfer.experiments(task, [pattern])
            except QueryError as error:  # no such task there, or nothing that matches
                say(printable(str(error)))
                return 0
            return self._travel(transfer, places, skip_ask, "Download", "downloaded")
        finally:
            transfer.close()


def _show(files: Mapping[str, int], places: Sequence[ExperimentPlace], address: str, verb: str) -> None:
    size = readable_bytes(sum(files.values()))
    side = "to" if verb == "Send" else "from"
    say(f"{verb} {counted(len(places), 'experiment')} {side} {address}: {counted(len(files), 'file')}, {size}")
    for place in places[:_SHOWN]:
        say(f"  {printable(name_of(place))}")
    if len(places) > _SHOWN:
        say(f"  … and {len(places) - _SHOWN:,} more")
