"""`importlib.reload` by any spelling leaves one module, one manager, one open row and one finder."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

PROGRAM = """
import importlib, pickle, sys
import rla, RLA, RLA.easy_log.logger, RLA.easy_log.tester
from rla import exp_manager, logger, time_step_holder, time_tracker
from rla.compat.finder import _AliasFinder

manager, clock, timers, row, record = exp_manager, time_step_holder, time_tracker, logger.name_to_value, logger.logkv
exp_manager.set_hyper_param(lr=0.1)
exp_manager.configure("demo_task", {"LOG_USED": ["csv"]}, data_root="data", code_root=".")
exp_manager.log_files_gen()
configure = type(exp_manager).configure
logger.record_tabular("before", 1)
time_step_holder.set_time(7)

for _ in range(2):
    MODULES = [RELOADED]
    for module in MODULES:
        assert importlib.reload(module) is module

finders = [finder for finder in sys.meta_path if type(finder).__name__ == _AliasFinder.__name__]
assert len(finders) == 1, finders
assert sys.meta_path[0] is finders[0]
assert RLA is rla is sys.modules["RLA"] is sys.modules["rla"]
assert sys.modules["RLA.easy_log.logger"] is sys.modules["RLA.logger"] is sys.modules["rla.logger"] is rla.logger
assert rla.__spec__.name == "rla" and rla.logger.__spec__.name == "rla.logger"
assert RLA.exp_manager is rla.exp_manager is manager
assert sys.modules["RLA.easy_log.tester"].tester is manager
assert pickle.loads(pickle.dumps(manager)) is manager
assert rla.time_step_holder is clock and rla.time_tracker is timers
assert type(manager).configure is configure
assert rla.logger.name_to_value is row and rla.logger.getkvs() is row
record("after", 2)
rla.logger.record_tabular("later", 3)
rla.time_tracker("rollout")
rla.logger.log_time_tracker()
found = RLA.easy_log.logger.dumpkvs()
assert {"before": 1, "after": 2, "later": 3, "time-step": 7}.items() <= found.items(), found
assert "time_used/total calls/rollout" in found, found
print(manager.log_dir)
manager.finish()
"""


@pytest.mark.parametrize(
    "reloaded",
    [
        "RLA",
        "rla",
        "RLA.easy_log.logger",
        "rla.logger",
        "sys.modules['RLA.logger']",
        "RLA.easy_log.tester",
        "RLA.easy_log",
        "rla.compat",
        "rla.compat.modules, rla.compat.finder, rla.compat",
        "RLA, RLA.easy_log.logger, rla, rla.logger",
    ],
)
def test_a_reload_in_the_middle_of_an_experiment_splits_no_state(run_python: Run, reloaded: str) -> None:
    program = PROGRAM.replace("RELOADED", reloaded).replace("import rla, RLA,", "import rla, RLA, RLA.logger,")
    result = run_python(program)
    assert result.returncode == 0, result.stderr
    assert "/demo_task/" in result.stdout
    assert result.stderr == ""
