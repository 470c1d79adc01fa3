"""The packages of a run are those that Python itself tells of, without importing any."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path

import pytest

from rla.environment import installed_packages

MakeFiles = Callable[[Path, Mapping[str, "str | bytes"]], None]


def as_python_tells() -> dict[str, str]:
    found: dict[str, str] = {}
    for distribution in metadata.distributions():
        if name := distribution.metadata["Name"]:
            found.setdefault(re.sub(r"[-_.]+", "-", name).lower(), distribution.version)
    return dict(sorted(found.items()))


def information(name: str, version: str) -> str:
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"


def test_they_are_those_of_this_process() -> None:
    packages = installed_packages()
    assert packages == as_python_tells()
    assert list(packages) == sorted(packages)
    assert packages["pytest"] == pytest.__version__


@pytest.mark.parametrize(
    ("folder", "name", "version"),
    [
        ("torch-2.5.1+cu121.dist-info/METADATA", "torch", "2.5.1+cu121"),
        ("Some_Pack.age-1.0rc1.dist-info/METADATA", "Some-Pack.age", "1.0rc1"),
        ("old_egg-0.3-py3.11.egg-info/PKG-INFO", "old-egg", "0.3"),
        ("older-0.3.egg-info", "older", "0.3"),
        ("a-b-1.dist-info/METADATA", "a-b", "1"),
        ("dev-1.dev0+gabc.d20260101.dist-info/METADATA", "dev", "1.dev0+gabc.d20260101"),
    ],
)
def test_each_way_of_installing_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_files: MakeFiles, folder: str, name: str, version: str
) -> None:
    make_files(tmp_path, {folder: information(name, version)})
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert installed_packages() == as_python_tells() == {re.sub(r"[-_.]+", "-", name).lower(): version}


def test_a_project_that_is_installed_in_place_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_files: MakeFiles
) -> None:
    make_files(tmp_path, {"my_project.egg-info/PKG-INFO": information("my-project", "0.1")})
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert installed_packages() == as_python_tells() == {"my-project": "0.1"}


def test_the_first_on_the_path_is_the_one_that_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_files: MakeFiles
) -> None:
    for folder, version in (("first", "2.0"), ("second", "1.0")):
        make_files(tmp_path / folder, {f"thing-{version}.dist-info/METADATA": information("thing", version)})
    monkeypatch.setattr(sys, "path", [str(tmp_path / "nowhere"), str(tmp_path / "first"), str(tmp_path / "second")])
    assert installed_packages() == as_python_tells() == {"thing": "2.0"}


def test_the_working_directory_is_a_place_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_files: MakeFiles
) -> None:
    make_files(tmp_path, {"thing-1.0.dist-info/METADATA": information("thing", "1.0")})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [""])
    assert installed_packages() == {"thing": "1.0"}


def test_other_files_and_places_that_are_none_harm_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "thing.py").write_text("")
    (tmp_path / "libs.zip").write_bytes(b"PK")
    monkeypatch.setattr(sys, "path", [str(tmp_path), str(tmp_path / "libs.zip"), "/nowhere"])
    assert installed_packages() == {}


def test_nothing_is_imported(run_python: Callable[..., object]) -> None:
    program = (
        "import sys; from rla.environment import installed_packages; before = set(sys.modules)\n"
        "assert len(installed_packages()) > 3\n"
        "print(sorted(set(sys.modules) - before))"
    )
    assert run_python(program).stdout == "[]\n"  # type: ignore[attr-defined]
