"""`rla.logger` in the place of `baselines.logger`: the same names and signatures, and code of baselines runs on it.

Runs where baselines is importable: `pip install --no-deps --no-build-isolation baselines` (0.1.5, an sdist; setuptools
below 70 builds it). Its own dependencies of 2018 are not needed: what runs here uses numpy alone.
"""

from __future__ import annotations

import csv
import importlib
import importlib.abc
import importlib.machinery
import inspect
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import pytest

from rla import logger

pytest.importorskip("baselines", reason="baselines is not installed")

ITS_OWN = "baselines.logger"
OTHER_NAMES = {"n": "name"}
"""Parameters that are called otherwise in the original RLA, and are always passed by place."""


def of_baselines() -> dict[str, Any]:
    """Return the public names that `baselines.logger` defines, by path: ``logkv``, ``Logger.logkv``."""
    module = importlib.import_module(ITS_OWN)
    found = {}
    for name, value in vars(module).items():
        if name.startswith("_") or inspect.ismodule(value) or getattr(value, "__module__", ITS_OWN) != ITS_OWN:
            continue
        found[name] = value
        if inspect.isclass(value):
            methods = inspect.getmembers(value, inspect.isfunction)
            found.update({f"{name}.{method}": each for method, each in methods if not method.startswith("_")})
    return found


NAMES = of_baselines()


def of_rla(path: str) -> Any:
    value: Any = logger
    for name in path.split("."):
        if not hasattr(value, name):
            pytest.skip(f"rla.logger has no {path} yet")
        value = getattr(value, name)
    return value


@pytest.mark.parametrize("path", sorted(NAMES))
def test_each_public_name_takes_the_same_calls(path: str) -> None:
    ours, theirs = of_rla(path), NAMES[path]
    if not callable(theirs):
        assert path in ("Logger.DEFAULT", "Logger.CURRENT", "LOG_OUTPUT_FORMATS") or ours == theirs
        return
    if path == "Logger" and "output_formats" not in inspect.signature(ours).parameters:
        pytest.skip("our Logger is not made of output formats yet")
    plain = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.POSITIONAL_ONLY)
    places = [each for each in inspect.signature(ours).parameters.values() if each.kind in plain]
    for place, wanted in enumerate(inspect.signature(theirs).parameters.values()):
        if wanted.kind not in plain:
            assert wanted.name in inspect.signature(ours).parameters
            continue
        assert places[place].name == OTHER_NAMES.get(wanted.name, wanted.name)
        if wanted.default is not wanted.empty:
            assert places[place].default == wanted.default
    needed = [each for each in places if each.default is each.empty]
    assert len(needed) <= len(inspect.signature(theirs).parameters)


def test_the_names_of_baselines_were_found() -> None:
    assert {"logkv", "dumpkvs", "configure", "scoped_configure", "ProfileKV", "INFO", "Logger.logkv"} <= NAMES.keys()


# ---- code of baselines on our logger ------------------------------------------------------------------------------


class NotNeeded(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds packages that modules of baselines import, and that what runs here does not use."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        known = ("gym", "tensorflow", "mujoco_py", "mpi4py", "scipy", "cv2", "joblib", "tqdm", "cloudpickle", "zmq")
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if name.split(".")[0] in known else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        module, content = types.ModuleType(spec.name), MagicMock()
        module.__getattr__ = lambda name: getattr(content, name)  # type: ignore[method-assign]
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        """There is nothing to execute."""


@pytest.fixture
def on_our_logger(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Modules of baselines that are imported now find `rla.logger` as ``from baselines import logger``."""
    import baselines

    before = dict(sys.modules)
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, NotNeeded()])
    monkeypatch.setitem(sys.modules, ITS_OWN, logger)
    monkeypatch.setattr(baselines, "logger", logger, raising=False)
    world = importlib.import_module("mpi4py.MPI").COMM_WORLD
    world.Get_rank.return_value = 0
    world.Allreduce.side_effect = lambda mine, all_of_them, op=None: np.copyto(all_of_them, mine)
    yield
    for name in sys.modules.keys() - before.keys():
        if name.partition(".")[0] in ("baselines", "mpi4py", "gym", "tensorflow", "mujoco_py", "scipy"):
            monkeypatch.delitem(sys.modules, name)


class Agent:
    """Stands for the policy, the rollout worker and the evaluator of HER."""

    def __init__(self) -> None:
        self.epoch = 0

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: None

    def clear_history(self) -> None:
        self.epoch += 1

    def logs(self, prefix: str = "") -> list[tuple[str, Any]]:
        start = f"{prefix}/" if prefix else "stats/"
        return [(f"{start}success_rate", self.epoch / 10), (f"{start}mean_Q", float(-self.epoch))]

    def current_success_rate(self) -> float:
        return self.epoch / 10


def rows(folder: Path) -> list[dict[str, str]]:
    with open(folder / "progress.csv", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_training_loop_of_her_records_its_epochs(
    on_our_logger: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train = importlib.import_module("baselines.her.experiment.train").train
    log_params = importlib.import_module("baselines.her.experiment.config").log_params
    logger.configure(str(tmp_path), ["stdout", "log", "csv"])
    log_params({"Q_lr": 0.001, "env_name": "FetchReach-v0"})
    train(Agent(), Agent(), Agent(), 5, 2, 2, 2, policy_save_interval=2, save_policies=True)
    logger.reset()
    found = rows(tmp_path)
    assert [row["epoch"] for row in found] == ["0", "1", "2", "3", "4"]
    assert [float(row["test/success_rate"]) for row in found] == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5])
    assert [float(row["train/mean_Q"]) for row in found] == [-1, -2, -3, -4, -5]
    text = (tmp_path / "log.txt").read_text()
    assert "Q_lr: 0.001\nenv_name: FetchReach-v0\nTraining...\n" in text
    assert f"Saving periodic policy to {tmp_path / 'policy_4.pkl'} ..." in text
    assert "New best success rate: 0.5." in capsys.readouterr().out


def test_a_vector_of_environments_warns_through_our_logger(on_our_logger: None, tmp_path: Path) -> None:
    module = importlib.import_module("baselines.common.vec_env")

    class Environments(module.VecEnv):  # type: ignore[name-defined,misc]
        reset = step_async = step_wait = close = lambda self, *arguments: None  # noqa: E731

    logger.configure(str(tmp_path), ["csv"])
    Environments(1, None, None).render()
    logger.reset()
    assert "Render not defined for <" in (tmp_path / "warn.txt").read_text()


def test_its_own_demonstration_runs_on_our_functions(
    on_our_logger: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`_demo` of `baselines.logger` shows all that it can; it is run with our names in place of its own."""
    with monkeypatch.context() as patch:
        patch.delitem(sys.modules, ITS_OWN)
        demo = importlib.import_module(ITS_OWN)._demo
    names = {**demo.__globals__, **{name: value for name, value in vars(logger).items() if not name.startswith("__")}}
    names["configure"] = lambda **_: logger.configure(tmp_path, ["csv", "stdout"])
    types.FunctionType(demo.__code__, names)()
    logger.reset()
    found = rows(tmp_path)
    assert [row["a"] for row in found] == ["3", "5.5", "5.5", "", "longasslongasslongasslongasslongasslongassvalue"]
    assert [float(row["b"]) for row in found if row["b"]] == pytest.approx([2.5, -2.5, -33.45, -2.5])
    assert "shouldn't appear" not in capsys.readouterr().out
