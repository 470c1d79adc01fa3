"""Heavy packages are loaded by those who use them, not by `import rla` and not by an experiment."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

HEAVY = ("torch", "tensorflow", "pandas", "matplotlib", "tensorboardX", "tensorboard", "paramiko", "numpy", "scipy")

TELL = f"""
import sys
print("loaded:", *(name for name in {HEAVY!r} if name in sys.modules))
"""

EXPERIMENT = """
import sys
from rla import exp_manager, logger, time_step_holder, time_tracker

exp_manager.set_hyper_param(env_id="CartPole-v1", lr=1e-3, nested={"units": [64, 64]})
exp_manager.add_record_param(["env_id", "lr"])
exp_manager.configure("demo_task", {"LOG_USED": sys.argv[1:]}, data_root="data", code_root=".")
exp_manager.log_files_gen()
exp_manager.print_args()
for step in range(5):
    time_step_holder.set_time(step)
    with time_tracker("step"):
        logger.record_tabular("return", step * 0.5)
        logger.ma_record_tabular("mean return", step * 0.5, 2)
    logger.log_time_tracker()
    logger.dump_tabular()
logger.info("done")
exp_manager.finish()
"""

AT_EXIT = """
import atexit
def tell():
    import sys
    print("loaded:", *(name for name in HEAVY if name in sys.modules))
atexit.register(tell)  # before rla registers its own, so it runs after them
"""


def loaded_by(run_python: Run, program: str, *arguments: str) -> str:
    result = run_python(program, *arguments)
    assert result.returncode == 0, result.stderr
    (line,) = (line for line in result.stdout.splitlines() if line.startswith("loaded:"))
    return line


@pytest.mark.parametrize("statement", ["import rla", "import RLA", "from RLA.easy_log.tester import tester"])
def test_importing_loads_nothing_heavy(run_python: Run, statement: str) -> None:
    assert loaded_by(run_python, f"{statement}\n{TELL}") == "loaded:"


@pytest.mark.parametrize("formats", [("csv", "tensorboard", "log"), ("stdout", "json")])
def test_a_whole_experiment_loads_nothing_heavy(run_python: Run, formats: tuple[str, ...]) -> None:
    assert loaded_by(run_python, EXPERIMENT + TELL, *formats) == "loaded:"


def test_the_end_of_a_process_that_did_not_finish_its_experiment_loads_nothing_heavy(run_python: Run) -> None:
    program = f"HEAVY = {HEAVY!r}\n{AT_EXIT}\n{EXPERIMENT.replace('exp_manager.finish()', '')}"
    assert loaded_by(run_python, program, "csv", "tensorboard", "log") == "loaded:"


def test_what_is_loaded_would_be_seen(run_python: Run) -> None:
    assert loaded_by(run_python, f"import rla, numpy\n{TELL}") == "loaded: numpy"


def test_a_public_name_of_a_heavy_module_is_loaded_on_first_use(run_python: Run) -> None:
    tell = "print('rla.experiment.recorders' in sys.modules)"
    program = f"import sys, rla\n{tell}\nrla.MatplotlibRecorder\n{tell}"
    assert run_python(program).stdout.split() == ["False", "True"]
