"""An adapter whose package is missing or too old says so in one sentence; rla itself needs none of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

Run = Callable[..., CompletedProcess[str]]

ADAPTERS = [
    ("gymnasium", "gymnasium", "1.0", "gymnasium"),
    ("stable_baselines3", "stable_baselines3", "2.3", "sb3"),
]


@pytest.mark.parametrize(("adapter", "package", "minimum", "extra"), ADAPTERS)
def test_a_package_that_is_missing(adapter: str, package: str, minimum: str, extra: str, run_python: Run) -> None:
    done = run_python(f"import sys; sys.modules[{package!r}] = None; import rla; import rla.adapt.{adapter}")
    expected = f"'{package}' {minimum} or newer, which is not installed: pip install 'RLA[{extra}]'"
    assert done.stderr.splitlines()[-1] == f"rla.errors.MissingPackageError: This needs the package {expected}"


@pytest.mark.parametrize(("adapter", "package", "minimum", "extra"), ADAPTERS)
def test_a_package_that_is_too_old(
    adapter: str, package: str, minimum: str, extra: str, run_python: Run, tmp_path: Path
) -> None:
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").write_text("__version__ = '0.9.2'\n")
    done = run_python(f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import rla.adapt.{adapter}")
    expected = f"'{package}' {minimum} or newer, and 0.9.2 is installed: pip install -U 'RLA[{extra}]'"
    assert done.stderr.splitlines()[-1] == f"rla.errors.MissingPackageError: This needs the package {expected}"
