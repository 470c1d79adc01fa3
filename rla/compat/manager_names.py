"""Old names of the manager: deprecated keywords of `configure`, other spellings of its attributes."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from rla import config
from rla.compat import tester_methods
from rla.compat.deprecation import deprecated, tell_once
from rla.compat.keywords import renamed
from rla.errors import NotConfiguredError
from rla.experiment.folders import ExperimentFolders
from rla.experiment.manager import ExperimentManager

__all__ = ["attach"]

KEYWORDS: Final = {"task_name": "task_table_name", "private_config_path": "rla_config", "log_root": "data_root"}

FOLDERS: Final = {"hyparameter_dir": "hyperparameter_dir", "pkl_file": "archive_file", "pkl_dir": "archive_dir"}

CONFIG_KEYS: Final = {"LOG_ROOT": "DATA_ROOT", "REMOTE_SETTING.remote_log_root": "REMOTE_SETTING.remote_data_root"}


def _with_old_keywords(configure: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(configure)
    def configure_with_old_keywords(self: ExperimentManager, *args: Any, **kwargs: Any) -> None:
        configure(self, *args, **renamed("configure", kwargs, KEYWORDS, _tell_keyword))

    configure_with_old_keywords._rla_old_keywords = True  # type: ignore[attr-defined]
    return configure_with_old_keywords


def _tell_keyword(old: str, new: str) -> None:
    tell_once(f"configure({old}=…)", f"configure({new}=…)", stacklevel=5)


def _private_config(self: ExperimentManager) -> dict[str, Any]:
    """Return the configuration as it was read."""
    return {} if self.settings is None else dict(self.settings.raw)


def _get_ignore_files(self: ExperimentManager, src: str, names: Sequence[str]) -> set[str]:
    """Return what a code backup leaves out of a folder, for `shutil.copytree(ignore=…)`."""
    from rla.snapshot.walk import IgnoreFiles, Walk

    selection = self.code_selection
    if selection is None:
        raise NotConfiguredError("exp_manager.get_ignore_files()", "exp_manager.configure(...)")
    ignore = IgnoreFiles()
    for path in filter(os.path.isfile, selection.ignore_files):
        ignore.add(path)
    return Walk(selection.code_root, ignore).left_out_of(src, names)


def _add_summary_to_logger(
    self: ExperimentManager, summary: Any, name: str = "", simple_val: bool = False, freq: int | None = 20
) -> None:
    """Record the scalars of a TensorFlow summary; see `rla.compat.summaries.add_summary_to_logger`."""
    from rla.compat.summaries import add_summary_to_logger  # few scripts need it

    add_summary_to_logger(self, summary, name, simple_val, freq)


def _add_graph(self: ExperimentManager, sess: Any) -> None:
    """Show the graph of a TensorFlow session in TensorBoard; see `rla.compat.summaries.add_graph`."""
    from rla.compat.summaries import add_graph  # few scripts need it

    add_graph(self, sess)


def _dict_to_table_text_summary(self: ExperimentManager, input_dict: Mapping[str, Any], name: str) -> None:
    """Show a dict as a table in TensorBoard; see `rla.compat.summaries.dict_to_table_text_summary`."""
    from rla.compat.summaries import dict_to_table_text_summary  # few scripts need it

    dict_to_table_text_summary(self, input_dict, name)


def _print_large_memory_variable(self: ExperimentManager) -> None:
    """Show the ten largest variables; see `RLA.trackers.memory_used_recorder`."""
    from rla.compat.memory_used_recorder import tell_largest_variables  # few scripts need it

    tell_largest_variables(self.logger)


def attach() -> None:
    """Put old names on the manager and into the configuration."""
    if not hasattr(ExperimentManager.configure, "_rla_old_keywords"):
        ExperimentManager.configure = _with_old_keywords(  # type: ignore[method-assign]
            ExperimentManager.configure
        )
    for old, new in FOLDERS.items():
        setattr(ExperimentFolders, old, getattr(ExperimentFolders, new))
    names = {
        "ipaddr": ExperimentManager.node,
        "private_config": property(_private_config),
        "get_ignore_files": _get_ignore_files,
        "get_timstep": deprecated("exp_manager.get_timstep()", "exp_manager.get_timestep()")(
            ExperimentManager.get_timestep
        ),
        "get_task_table_name": lambda self: self.task_table_name,
        "add_summary_to_logger": _add_summary_to_logger,
        "add_graph": _add_graph,
        "dict_to_table_text_summary": _dict_to_table_text_summary,
        "print_large_memory_variable": _print_large_memory_variable,
    }
    for old_name, value in names.items():
        setattr(ExperimentManager, old_name, value)
    for method in tester_methods.METHODS:
        setattr(ExperimentManager, method.__name__, method)
    config.ALIASES.update(CONFIG_KEYS)
