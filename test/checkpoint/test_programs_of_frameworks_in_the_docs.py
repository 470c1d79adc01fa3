"""The programs of docs/recording.md that need JAX or TensorFlow run where these are installed."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from subprocess import CompletedProcess

import pytest

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "recording.md").read_text(encoding="utf-8")
PROGRAMS = dict(re.findall(r"^```py\n# (\w+)\.py\n(.*?)^```", PAGE, flags=re.M | re.S))


@pytest.mark.parametrize(("name", "packages"), [("with_jax", ("jax", "optax")), ("with_tensorflow", ("tensorflow",))])
def test_a_program_runs(name: str, packages: tuple[str, ...], run_python: Callable[..., CompletedProcess[str]]) -> None:
    if missing := [package for package in packages if find_spec(package) is None]:
        pytest.skip(f"{missing[0]} is not installed")
    done = run_python(PROGRAMS[name], timeout=110)
    assert done.returncode == 0, done.stderr


def test_each_program_of_the_page_is_tested() -> None:
    assert set(PROGRAMS) == {"with_jax", "with_tensorflow"}
