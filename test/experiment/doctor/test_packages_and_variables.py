"""The doctor names packages that are there, that are missing or too old, and variables that are misspelt."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

from rla.experiment.doctor.check import ERROR, NOTE, OK, WARNING, Check
from rla.experiment.doctor.software import (
    EXTRAS,
    VARIABLES,
    check_packages,
    check_python,
    check_tensorboard,
    check_variables,
)

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

REPOSITORY = Path(__file__).resolve().parents[3]
Checks = Callable[..., dict[str, Check]]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let only these distributions be there, and rla require some: ``installed({"torch": "2.1"}, ["numpy>=1.24"])``."""

    def set_up(versions: dict[str, str], requires: list[str] | None = None) -> None:
        def version(name: str) -> str:
            if name not in versions:
                raise metadata.PackageNotFoundError(name)
            return versions[name]

        def required(name: str) -> list[str]:
            if requires is None:
                raise metadata.PackageNotFoundError(name)
            return requires

        monkeypatch.setattr(metadata, "version", version)
        monkeypatch.setattr(metadata, "requires", required)

    return set_up


def test_it_says_the_versions_of_python_and_rla(checks: Checks) -> None:
    found = checks(check_python)["Python"]
    assert found.facts["python"] == ".".join(map(str, sys.version_info[:3]))
    assert found.facts["rla"] in found.found


def test_packages_that_are_there_are_told_and_not_imported(checks: Checks, installed: Callable[..., None]) -> None:
    installed({"tensorflow": "9.9"}, [])
    found = checks(check_packages)
    assert found["optional packages"].found == "tensorflow 9.9"
    assert "tensorflow" not in sys.modules


def test_the_extra_of_a_missing_package_is_named(checks: Checks, installed: Callable[..., None]) -> None:
    installed({name: "1" for name in EXTRAS if name != "imageio-ffmpeg"}, [])
    found = checks(check_packages)["not installed"]
    assert found.verdict == OK
    assert "imageio-ffmpeg" in found.found
    assert "pip install 'RLA[video]'" in found.advice


def test_what_rla_needs_and_is_missing_or_old_is_an_error(checks: Checks, installed: Callable[..., None]) -> None:
    requires = ["numpy>=1.24", "click>=8.1", "rich>=13.0", 'torch>=2.0; extra == "torch"']
    installed({"numpy": "1.9.5", "click": "8.10"}, requires)
    found = checks(check_packages)["packages"]
    assert (found.verdict, found.found) == (ERROR, "numpy 1.9.5 is older than 1.24, rich is not installed")
    installed({"numpy": "2.0rc1", "click": "8.1", "rich": "14"}, requires)
    assert checks(check_packages)["packages"].verdict == OK


def test_an_rla_that_is_not_installed_is_noted(checks: Checks, installed: Callable[..., None]) -> None:
    installed({})
    assert checks(check_packages)["packages"].verdict == NOTE
    assert "RLA[tensorboard]" in checks(check_tensorboard)["TensorBoard"].advice


def test_every_extra_of_the_package_is_known() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    for ours in ("demo", "test"):
        del extras[ours]
    assert {extra for extra, _ in EXTRAS.values()} == extras.keys()
    for package, (extra, _) in EXTRAS.items():
        assert any(requirement.startswith(package) for requirement in extras[extra]), package


def test_every_variable_of_rla_is_known() -> None:
    sources = (path.read_text(encoding="utf-8") for path in (REPOSITORY / "rla").rglob("*.py"))
    named = {name for source in sources for name in re.findall(r"\"(RLA_[A-Z_]+[A-Z])\"", source)}
    assert named == set(VARIABLES)


def test_variables_that_are_set_are_told(checks: Checks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RLA_CACHE")
    assert checks(check_variables)["variables"].found.startswith("none of")
    monkeypatch.setenv("RLA_ROOT", "/data/\x1b[31m")
    assert checks(check_variables)["variables"].found == r"RLA_ROOT=/data/\x1b[31m"


def test_of_an_unknown_variable_only_the_name_is_told(monkeypatch: pytest.MonkeyPatch, subject: object) -> None:
    monkeypatch.setenv("RLA_STRIKT", "hunter2")
    monkeypatch.setenv("RLA_QQQQQQQQQQQQ", "hunter2")
    found = list(check_variables(subject))[1:]  # type: ignore[arg-type]
    assert [check.verdict for check in found] == [NOTE, WARNING]
    assert "Did you mean 'RLA_STRICT'" in found[1].advice
    assert "hunter2" not in repr(found)
