"""What users see is a list that is kept by hand, and all of it is described and typed."""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

import rla
from rla.errors import MissingPackageError

PUBLIC = {
    "ARCHIVE",
    "ARCHIVED",
    "CHECKPOINT",
    "CODE",
    "HYPERPARAMETER",
    "LOG",
    "RESULTS",
    "TMP_DATA",
    "TREES",
    "ExperimentManager",
    "ImgRecorder",
    "Logger",
    "MatplotlibRecorder",
    "RLAError",
    "RLAWarning",
    "__version__",
    "compare_experiments",
    "exp_manager",
    "experiment_data_query",
    "logger",
    "plot",
    "query",
    "read_episodes",
    "read_progress",
    "record_figure",
    "single_experiment_query",
    "time_step_holder",
    "time_tracker",
}
"""A new public name is added here too, so that none becomes public by mistake and none is lost."""


def modules() -> Iterator[ModuleType]:
    """Yield all modules of rla, without those that need a package which is not installed."""
    yield rla
    for found in pkgutil.walk_packages(rla.__path__, "rla."):
        if found.name.endswith("__main__"):
            continue
        try:
            yield importlib.import_module(found.name)
        except MissingPackageError:
            continue
        except ModuleNotFoundError as error:
            if (error.name or "rla").partition(".")[0] == "rla":
                raise


MODULES = {module.__name__: module for module in modules()}
OURS = {name: module for name, module in MODULES.items() if not name.startswith("rla.compat")}


def as_ruff_sorts(name: str) -> tuple[int, list[tuple[int, int | str]]]:
    """Return the key of ruff's RUF022: constants, classes, the rest; numbers in names by their value."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    parts = re.split(r"(\d+)", name)
    return kind, [(0, int(part)) if part.isdigit() else (1, part) for part in parts]


def own_functions_and_classes(module: ModuleType) -> Iterator[tuple[str, Any]]:
    for name, value in vars(module).items():
        if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
            continue
        if inspect.isclass(value) or inspect.isfunction(value):
            yield f"{module.__name__}.{name}", value


def own_methods(cls: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    for name, value in vars(cls).items():
        if name.startswith("_") and name not in ("__init__", "__call__"):
            continue
        function = value
        if isinstance(value, property):
            function = value.fget
        elif isinstance(value, functools.cached_property):
            function = value.func
        elif isinstance(value, (classmethod, staticmethod)):
            function = value.__func__
        if inspect.isfunction(function) and function.__module__ == cls.__module__:
            yield name, function


def undescribed(module: ModuleType) -> list[str]:
    """Name what has no docstring whose first line is a sentence; a method may have that of its base."""
    missing = []
    for path, value in own_functions_and_classes(module):
        described = [(path, value.__doc__ if inspect.isclass(value) else inspect.getdoc(value))]
        if inspect.isclass(value):
            described += [
                (f"{path}.{name}", inspect.getdoc(getattr(value, name)))
                for name, _ in own_methods(value)
                if not name.startswith(("_", "test_"))  # the name of a test is its sentence
            ]
        missing += [name for name, text in described if not text or not text.strip().splitlines()[0].endswith(".")]
    return missing


def untyped(module: ModuleType) -> list[str]:
    """Name functions and methods of which a parameter or the result has no annotation."""
    missing = []
    for path, value in own_functions_and_classes(module):
        functions = [(path, value, False)]
        if inspect.isclass(value):
            statics = {name for name, attribute in vars(value).items() if isinstance(attribute, staticmethod)}
            functions = [(f"{path}.{name}", method, name not in statics) for name, method in own_methods(value)]
        for name, function, is_method in functions:
            signature = inspect.signature(function)
            parameters = list(signature.parameters.values())[is_method:]
            missing += [
                f"{name}({parameter.name})" for parameter in parameters if parameter.annotation is parameter.empty
            ]
            if signature.return_annotation is signature.empty:
                missing.append(f"{name} -> ?")
    return missing


def test_the_public_names_are_those_of_the_list() -> None:
    assert set(rla.__all__) == PUBLIC


def test_the_public_names_are_told_once_and_in_order() -> None:
    assert rla.__all__ == sorted(set(rla.__all__), key=as_ruff_sorts)


def test_dir_shows_the_public_names() -> None:
    assert set(dir(rla)) >= PUBLIC


def test_each_public_name_is_there() -> None:
    assert [name for name in sorted(PUBLIC) if getattr(rla, name, None) is None] == []


def test_a_star_import_gives_the_public_names() -> None:
    namespace: dict[str, Any] = {}
    exec("from rla import *", namespace)
    assert namespace.keys() - {"__builtins__"} == PUBLIC


def test_a_name_that_is_not_there_is_told_by_its_name() -> None:
    with pytest.raises(AttributeError, match="module 'rla' has no attribute 'nonsense'"):
        rla.nonsense  # noqa: B018


def test_the_modules_of_the_house_are_found() -> None:
    assert {"rla.logger", "rla.output.csv_file", "rla.experiment.manager", "rla.compat.const"} <= MODULES.keys()


def test_modules_export_only_names_that_they_have_once_and_in_order() -> None:
    exported = {name: list(module.__all__) for name, module in MODULES.items() if hasattr(module, "__all__")}
    assert len(exported) > 200
    assert [
        f"{name}.{each}" for name, names in exported.items() for each in names if not hasattr(MODULES[name], each)
    ] == []
    assert exported == {name: sorted(set(names), key=as_ruff_sorts) for name, names in exported.items()}


def test_all_that_is_public_is_described_by_a_sentence() -> None:
    assert [f"{name}: {each}" for name, module in OURS.items() for each in undescribed(module)] == []


def test_all_that_is_public_is_typed() -> None:
    assert [f"{name}: {each}" for name, module in OURS.items() for each in untyped(module)] == []


def test_what_is_not_described_or_typed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("made_up")
    monkeypatch.setitem(sys.modules, "made_up", module)
    source = '''
class Good:
    """It is described."""

    def __init__(self, size: int) -> None: ...

    def method(self, value: int) -> int:
        """Return a value."""

class Child(Good):
    """It is described, too."""

    def method(self, value: int) -> int: ...

class Bad:
    @property
    def size(self):
        """The size"""

    @staticmethod
    def method(value) -> int:
        """Return a value."""

def bare(value: int): ...

def _private(value): ...
'''
    exec(source, vars(module))
    assert undescribed(module) == ["made_up.Bad", "made_up.Bad.size", "made_up.bare"]
    assert untyped(module) == ["made_up.Bad.size -> ?", "made_up.Bad.method(value)", "made_up.bare -> ?"]
