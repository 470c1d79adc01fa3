"""The table of modules: path below `RLA` (or `rla`) in the original → the module that answers to it."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Final

__all__ = ["ALIASES", "submodule"]

ALIASES: Final[dict[str, str]] = {
    "auto_ftp": "rla.compat.auto_ftp",
    "const": "rla.compat.const",
    "easy_log": "rla.compat.easy_log",
    "easy_log.complex_data_recorder": "rla.experiment.recorders",
    "easy_log.exp_loader": "rla.compat.exp_loader",
    "easy_log.const": "rla.compat.const",
    "easy_log.log_tools": "rla.compat.log_tools",
    "easy_log.logger": "rla.logger",
    "easy_log.simple_mat_plot": "rla.experiment.simple_plots",
    "easy_log.tester": "rla.compat.tester",
    "easy_log.time_step": "rla.clock",
    "easy_log.time_used_recorder": "rla.timers",
    "easy_log.tools": "rla.compat.tools",
    "easy_plot": "rla.compat.easy_plot",
    "easy_plot.plot_func": "rla.compat.easy_plot.plot_func",
    "easy_plot.plot_func_v2": "rla.compat.easy_plot.plot_func_v2",
    "easy_plot.plot_saved_images": "rla.compat.easy_plot.plot_saved_images",
    "easy_plot.plot_util": "rla.compat.easy_plot.plot_util",
    "easy_plot.result_cls": "rla.compat.easy_plot.result_cls",
    "easy_plot.utils": "rla.compat.easy_plot.utils",
    "easy_tf": "rla.compat.easy_tf",
    "easy_tf.saver_tools": "rla.compat.tf_saver_tools",
    "easy_tf.tools": "rla.compat.tf_tools",
    "easy_torch": "rla.compat.easy_torch",
    "easy_torch.save_tools": "rla.compat.torch_save_tools",
    "email_send": "rla.compat.email_send",
    "emb_test": "rla.compat.emb_test",
    "query_tool": "rla.compat.query_tool",
    "rla_argparser": "rla.compat.rla_argparser",
    "trackers": "rla.compat.trackers",
    "trackers.memory_used_recorder": "rla.compat.memory_used_recorder",
    "trackers.time_used_recorder": "rla.timers",
    "utils": "rla.compat.utils",
    "utils.utils": "rla.compat.small_functions",
}


def submodule(package: str, name: str) -> ModuleType:
    """Return a module inside one of the original's packages, for `from RLA.easy_log import logger`.

    Raises:
        AttributeError: the package has no such module.
    """
    target = ALIASES.get(f"{package}.{name}")
    if target is None:
        raise AttributeError(f"module 'RLA.{package}' has no attribute {name!r}")
    return importlib.import_module(target)
