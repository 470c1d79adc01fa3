"""`RLA.easy_log.tester`: the manager by the names that it had first."""

from __future__ import annotations

from rla.experiment.manager import ExperimentManager as Tester
from rla.experiment.manager import exp_manager

__all__ = ["Tester", "exp_manager", "tester"]

tester = exp_manager
