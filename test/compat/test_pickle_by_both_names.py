"""Pickles may name a class or the global manager by its old module or by its own."""

from __future__ import annotations

import copy
import pickle
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import rla
from rla import exp_manager
from rla.clock import TimeStepHolder
from rla.experiment.query import CkpResult

Run = Callable[..., "subprocess.CompletedProcess[str]"]

NAMES = [
    ("easy_log.tester", "Tester", "rla.experiment.manager", "ExperimentManager"),
    ("easy_log.tester", "tester", "rla.experiment.manager", "exp_manager"),
    ("easy_log.tester", "exp_manager", "rla.experiment.manager", "exp_manager"),
    ("experiment.manager", "ExperimentManager", "rla.experiment.manager", "ExperimentManager"),
    ("easy_log.time_step", "TimeStepHolder", "rla.clock", "TimeStepHolder"),
    ("easy_log.time_used_recorder", "TimeTracker", "rla.timers", "TimeTracker"),
    ("trackers.time_used_recorder", "SingleTimeTracker", "rla.timers", "SingleTimeTracker"),
    ("easy_log.const", "LogDataType", "rla.compat.const", "LogDataType"),
    ("query_tool", "CkpResult", "rla.experiment.query", "CkpResult"),
    ("easy_log.logger", "Logger", "rla.output.logger", "Logger"),
    ("easy_log.complex_data_recorder", "MatplotlibRecorder", "rla.experiment.recorders", "MatplotlibRecorder"),
]


@pytest.mark.parametrize("package", ["RLA", "rla"])
def test_a_name_in_a_pickle_is_the_object_of_today_even_when_it_is_the_first_that_is_heard_of_rla(
    run_python: Run, package: str
) -> None:
    program = f"""
import importlib, pickle, sys
for module, name, home, today in {NAMES!r}:
    found = pickle.loads(f"c{package}.{{module}}\\n{{name}}\\n.".encode())
    assert found is getattr(importlib.import_module(home), today), (module, name, found)
    print(name)
"""
    result = run_python(program)
    assert result.stdout.split() == [name for _, name, _, _ in NAMES], result.stderr


@pytest.mark.parametrize("package", ["RLA", "rla"])
def test_an_instance_that_names_its_class_by_the_old_module_is_read(package: str) -> None:
    pickled = b"\x80\x02c%s.easy_log.time_step\nTimeStepHolder\n)\x81}U\x04timeK\x05sb." % package.encode()
    holder = pickle.loads(pickled)
    assert type(holder) is TimeStepHolder
    assert holder.get_time() == 5


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_the_global_manager_comes_back_as_itself(protocol: int) -> None:
    assert pickle.loads(pickle.dumps(exp_manager, protocol)) is exp_manager
    assert pickle.loads(pickle.dumps({"manager": [exp_manager]}, protocol)) == {"manager": [exp_manager]}


def test_copies_of_the_global_manager_are_itself() -> None:
    assert copy.copy(exp_manager) is exp_manager
    assert copy.deepcopy({"manager": exp_manager})["manager"] is exp_manager


def test_the_global_manager_is_that_of_the_process_that_reads_the_pickle(run_python: Run, tmp_path: Path) -> None:
    exp_manager.set_hyper_param(only_here=1)
    (tmp_path / "manager.pkl").write_bytes(pickle.dumps(exp_manager))
    program = """
import pickle
with open("manager.pkl", "rb") as stream:
    found = pickle.load(stream)
from RLA.easy_log.tester import tester
print(found is tester, found.hyper_param)
"""
    result = run_python(program)
    assert result.stdout.strip() == "True {}", result.stderr


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_classes_and_results_that_were_reached_by_an_old_name_come_back_equal(protocol: int) -> None:
    from RLA.easy_log.tester import Tester
    from RLA.query_tool import CkpResult as OldCkpResult

    result = OldCkpResult("folder", ["a_1.pt", "a_2.pt"])
    assert pickle.loads(pickle.dumps(result, protocol)) == CkpResult("folder", ["a_1.pt", "a_2.pt"])
    assert pickle.loads(pickle.dumps(Tester, protocol)) is rla.ExperimentManager


def test_a_pickle_names_a_class_by_its_own_module_whatever_name_it_was_reached_by() -> None:
    from RLA.easy_log.time_step import TimeStepHolder as OldTimeStepHolder

    pickled = pickle.dumps(OldTimeStepHolder(3), protocol=0)
    assert b"rla.clock" in pickled
    assert b"easy_log" not in pickled
