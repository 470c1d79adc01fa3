"""`RLA.easy_tf.saver_tools`: checkpoints of the variables of a TensorFlow session, by functions."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from rla.checkpoint.finding import find
from rla.checkpoint.folder import CheckpointFolder
from rla.errors import CheckpointError
from rla.experiment.archived import ArchivedExperiment
from rla.experiment.checkpoints import ExperimentCheckpoints
from rla.experiment.manager import exp_manager
from rla.experiment.query import ArchiveQueryResult, single_experiment_query
from rla.names import ARCHIVE, DEFAULT_CHECKPOINT
from rla.optional import require

__all__ = ["load_checkpoint", "load_tester_from_record_date", "new_saver", "save_checkpoint"]

_FOLDER = "_rla_checkpoint_path"


def new_saver(max_to_keep: int | None, var_prefix: str | None, checkpoint_path: str | None = None) -> Any:
    """Make a `tf.compat.v1.train.Saver` of the variables of the default graph.

    Args:
        max_to_keep: how many checkpoints `save_checkpoint` keeps; all when None or 0.
        var_prefix: how the names of the variables begin; all when None or empty.
        checkpoint_path: where they go; the checkpoint folder of the current experiment when None.

    Raises:
        MissingPackageError: TensorFlow is not installed.
        CheckpointError: there are no such variables.
    """
    tensorflow = require("tensorflow", "tensorflow").compat.v1
    variables = [each for each in tensorflow.global_variables() if each.op.name.startswith(var_prefix or "")]
    if not variables:
        raise CheckpointError(
            f"The graph has no variables whose names begin with {var_prefix or ''!r}; build it first."
        )
    saver = tensorflow.train.Saver(variables, max_to_keep=max_to_keep)
    setattr(saver, _FOLDER, checkpoint_path)
    return saver


def save_checkpoint(saver: Any, iter: float | None = None) -> str:  # noqa: A001 - the name that scripts pass
    """Save the variables of the default session, and return the path of the checkpoint.

    Args:
        saver: a `tf.compat.v1.train.Saver`, such as that of `new_saver`.
        iter: the time step; the current one when None.

    Raises:
        NotConfiguredError: there is neither an experiment nor a folder.
        CheckpointError: it could not be written; all earlier ones are still there.
    """
    from rla.checkpoint.tensorflow import TensorflowSaver

    step = exp_manager.get_timestep() if iter is None else iter
    if not math.isfinite(step):
        raise CheckpointError(f"The time step is {step}; a checkpoint needs a number.")
    place = getattr(saver, _FOLDER, None) or exp_manager.checkpoint_dir
    folder = CheckpointFolder(place, TensorflowSaver(saver), saver.saver_def.max_to_keep)
    return str(folder.save({}, int(step)))


def load_checkpoint(saver: Any, tester: ExperimentCheckpoints | str) -> tuple[int, Any]:
    """Give the variables of the default session the values of the last checkpoint of an experiment.

    Args:
        saver: a `tf.compat.v1.train.Saver`, such as that of `new_saver`; it says which variables.
        tester: the manager, or the twin of a past experiment; or a folder of checkpoints.

    Returns:
        The time step, and the values by the names of the variables.

    Raises:
        CheckpointNotFoundError: there is none.
        CheckpointError: it does not fit the variables, or is none of TensorFlow.
    """
    from rla.checkpoint.tensorflow import TensorflowSaver

    folder = tester if isinstance(tester, str) else tester.checkpoint_dir
    path, saved = find(Path(folder), None, DEFAULT_CHECKPOINT)
    if saved.framework != "tensorflow":
        raise CheckpointError(f"'{path}' is no checkpoint of TensorFlow; tester.load_checkpoint() loads it.")
    return saved.step, TensorflowSaver(saver).read(str(path), trust=False)


def load_tester_from_record_date(task_name: str, record_date: str, fork_hp: bool) -> ArchivedExperiment:
    """Return the twin of the manager for an experiment of the data root of the global manager.

    Args:
        task_name: its task table.
        record_date: its record date.
        fork_hp: whether `exp_manager.hyper_param` gets its hyper-parameters.

    Raises:
        ExperimentNotFoundError: there is none.
        AmbiguousExperimentError: there are several.
    """
    result = single_experiment_query(exp_manager.data_root, task_name, record_date, ARCHIVE)
    assert isinstance(result, ArchiveQueryResult)  # it was asked for
    found = result.exp_manager
    if fork_hp:
        exp_manager.hyper_param.update(found.hyper_param)
    return found
