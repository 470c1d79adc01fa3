"""The import lines of scripts that were written for the original work as they stand."""

from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

import rla
import rla.compat.const
import rla.compat.easy_plot.plot_func
import rla.compat.easy_plot.plot_func_v2
import rla.compat.easy_plot.plot_util
import rla.compat.query_tool
import rla.timers

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def namespace_of(statement: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {}
    exec(statement, namespace)
    del namespace["__builtins__"]
    return namespace


@pytest.mark.parametrize(
    ("statement", "name", "expected"),
    [
        ("import RLA", "RLA", rla),
        ("import RLA.easy_log.logger as l", "l", rla.logger),
        ("import RLA.easy_log.logger", "RLA", rla),
        ("from RLA import logger", "logger", rla.logger),
        ("from RLA.easy_log import logger", "logger", rla.logger),
        ("from rla.easy_log import logger", "logger", rla.logger),
        ("import rla.easy_log.logger as l", "l", rla.logger),
        ("from RLA import easy_log as e; l = e.logger", "l", rla.logger),
        ("from RLA import exp_manager", "exp_manager", rla.exp_manager),
        ("from RLA.easy_log.tester import exp_manager", "exp_manager", rla.exp_manager),
        ("from RLA.easy_log.tester import tester", "tester", rla.exp_manager),
        ("from rla.easy_log.tester import tester", "tester", rla.exp_manager),
        ("from RLA.easy_log.tester import Tester", "Tester", rla.ExperimentManager),
        ("import RLA.easy_log.tester; t = RLA.easy_log.tester.tester", "t", rla.exp_manager),
        ("from RLA.easy_log.time_step import time_step_holder", "time_step_holder", rla.time_step_holder),
        ("from RLA.easy_log.time_used_recorder import time_tracker", "time_tracker", rla.time_tracker),
        ("from RLA.trackers import time_used_recorder as t", "t", rla.timers),
        ("from RLA.query_tool import experiment_data_query as q", "q", rla.experiment_data_query),
        ("from RLA import plot_func", "plot_func", rla.compat.easy_plot.plot_func_v2.plot_func),
        ("import RLA.easy_plot.plot_util as u", "u", rla.compat.easy_plot.plot_util),
        ("from RLA.easy_plot import plot_func as p", "p", rla.compat.easy_plot.plot_func),
        ("from RLA.easy_log.complex_data_recorder import MatplotlibRecorder as m", "m", rla.MatplotlibRecorder),
        ("from RLA import const", "const", rla.compat.const),
        ("import RLA.query_tool as q", "q", rla.compat.query_tool),
        ("from RLA.easy_log.logger import record_tabular", "record_tabular", rla.logger.record_tabular),
        ("from RLA.experiment.manager import ExperimentManager as E", "E", rla.ExperimentManager),
    ],
)
def test_an_import_line_gives_the_object_of_today(statement: str, name: str, expected: object) -> None:
    found = namespace_of(statement)[name]
    assert found is expected or (callable(expected) and found == expected)


@pytest.mark.parametrize("module", ["RLA.easy_log.const", "rla.easy_log.const", "RLA.const", "rla.const"])
def test_a_star_import_of_the_constants_gives_all_of_them_and_nothing_else(module: str) -> None:
    namespace = namespace_of(f"from {module} import *")
    assert set(namespace) == set(rla.compat.const.__all__)
    assert namespace["HYPARAMETER"] == "hyperparameter"


@pytest.mark.parametrize("name", rla.compat.const.__all__)
def test_a_constant_can_be_imported_from_the_package(name: str) -> None:
    assert namespace_of(f"from RLA import {name}")[name] is getattr(rla.compat.const, name)


def test_a_star_import_of_the_package_gives_the_public_names() -> None:
    namespace = namespace_of("from RLA import *")
    assert set(rla.__all__) <= set(namespace)
    assert namespace["exp_manager"] is rla.exp_manager


def test_import_module_takes_both_spellings() -> None:
    for name in ("RLA.easy_log.logger", "rla.easy_log.logger", "RLA.logger"):
        assert importlib.import_module(name) is rla.logger
        assert sys.modules[name] is rla.logger
    assert importlib.import_module(".logger", "RLA.easy_log") is rla.logger


def test_find_spec_finds_modules_by_both_spellings_and_no_others() -> None:
    for name in ("RLA", "RLA.easy_log.tester", "rla.easy_log.tester", "RLA.names"):
        assert importlib.util.find_spec(name) is not None
    assert importlib.util.find_spec("RLA.nonsense") is None


@pytest.mark.parametrize("name", ["easy_log.logger.record_tabular", "const.DEFAULT_X_NAME", "query_tool", "trackers"])
def test_after_import_of_the_package_alone_its_old_modules_are_its_attributes(run_python: Run, name: str) -> None:
    result = run_python(f"import RLA\nRLA.{name}")
    assert result.returncode == 0, result.stderr
