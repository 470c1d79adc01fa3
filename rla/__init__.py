"""rla, the experiment database for reinforcement learning.

    from rla import exp_manager, logger

    exp_manager.set_hyper_param(env_id="CartPole-v1", lr=1e-3)
    exp_manager.add_record_param(["env_id", "lr"])
    exp_manager.configure("demo_task", rla_config="rla_config.yaml", data_root=".")
    exp_manager.log_files_gen()
    logger.record_tabular("return", 100.0)
    logger.dump_tabular()

The README tells the whole story; `docs/` has the formats on disk.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

from rla import compat, logger
from rla.clock import time_step_holder
from rla.errors import RLAError, RLAWarning
from rla.experiment.manager import ExperimentManager, exp_manager
from rla.names import (
    ARCHIVE,
    ARCHIVED,
    CHECKPOINT,
    CODE,
    HYPERPARAMETER,
    LOG,
    RESULTS,
    TMP_DATA,
    TREES,
)
from rla.output.logger import Logger
from rla.timers import time_tracker
from rla.version import __version__

if TYPE_CHECKING:
    from rla import plot, query
    from rla.database.ledger import record_figure
    from rla.experiment.difference import compare_experiments
    from rla.experiment.query import experiment_data_query, single_experiment_query
    from rla.experiment.recorders import ImgRecorder, MatplotlibRecorder
    from rla.output.episodes.reading import read_episodes
    from rla.output.reader import read_progress

__all__ = [
    "ARCHIVE",
    "ARCHIVED",
    "CHECKPOINT",
    "CODE",
    "HYPERPARAMETER",
    "LOG",
    "RESULTS",
    "TMP_DATA",
    "TREES",
    "ExperimentManager",
    "ImgRecorder",
    "Logger",
    "MatplotlibRecorder",
    "RLAError",
    "RLAWarning",
    "__version__",
    "compare_experiments",
    "exp_manager",
    "experiment_data_query",
    "logger",
    "plot",
    "query",
    "read_episodes",
    "read_progress",
    "record_figure",
    "single_experiment_query",
    "time_step_holder",
    "time_tracker",
]

_LOADED_ON_FIRST_USE: Final = {
    "ImgRecorder": "rla.experiment.recorders",
    "MatplotlibRecorder": "rla.experiment.recorders",
    "compare_experiments": "rla.experiment.difference",
    "experiment_data_query": "rla.experiment.query",
    "read_episodes": "rla.output.episodes.reading",
    "read_progress": "rla.output.reader",
    "record_figure": "rla.database.ledger",
    "single_experiment_query": "rla.experiment.query",
}


def __getattr__(name: str) -> Any:
    if name in ("plot", "query"):  # modules, and no names of one
        return importlib.import_module(f"rla.{name}")
    module = _LOADED_ON_FIRST_USE.get(name)
    if module is None:
        return compat.constant(name)
    value = globals()[name] = getattr(importlib.import_module(module), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


compat.install()  # last: whoever imports by an old name gets a finished module
