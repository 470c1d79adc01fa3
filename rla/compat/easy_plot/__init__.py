"""The package `RLA.easy_plot`: curves and pictures of experiments by the calls of old notebooks.

`plot_func_v2.py` and `plot_func.py` are what people call, `plot_util.py` what these are made of; `docs/old_plots.md`
tells what is different today. The other files are ours: runs are found and read (`utils.py`, `log_trees.py`,
`reading.py`), their values taken (`values.py`, `parameters.py`), put into panels and groups (`groups.py`), averaged
(`averages.py`) and drawn (`drawing.py`, `legends.py`, `figures.py`, as `options.py` says); `experiments.py` saves,
tells and shows.
"""

from __future__ import annotations

from typing import Any

from rla.compat.modules import submodule


def __getattr__(name: str) -> Any:
    return submodule("easy_plot", name)
