"""`RLA.easy_torch.save_tools`: checkpoints of the global manager, by functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rla.experiment.checkpoints import ExperimentCheckpoints
from rla.experiment.manager import exp_manager

__all__ = ["load_checkpoint", "save_model_dict"]


def save_model_dict(model_dict: Mapping[str, Any]) -> str:
    """Save a checkpoint of the current experiment, and return its path."""
    return exp_manager.save_checkpoint(model_dict)


def load_checkpoint(tester: ExperimentCheckpoints) -> tuple[int, Any]:
    """Load the last checkpoint of an experiment, as its time step and its content."""
    return tester.load_checkpoint()
