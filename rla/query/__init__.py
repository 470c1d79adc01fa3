"""Questions to the database: ``experiments("data", where="lr < 1e-3 and eval/return > 900")``.

Answers come from an index of the data root, which is brought up to date first; see `docs/query.md`.
"""

from rla.query.experiment import Experiment
from rla.query.naming import find_run
from rla.query.search import Experiments, experiments

__all__ = ["Experiment", "Experiments", "experiments", "find_run"]
