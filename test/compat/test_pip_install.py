"""`pip install .` and `pip install -e .` in a fresh environment give both spellings and the command."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

import rla

REPOSITORY = Path(__file__).resolve().parents[2]

pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("setuptools") is None, reason="setuptools is not installed"),
    pytest.mark.skipif(importlib.util.find_spec("pip") is None, reason="pip is not installed"),
    pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed"),
]

CHECK = """
import importlib.metadata, json, pkgutil, sys
import RLA
import rla
from RLA.easy_log import logger
from RLA.easy_log.tester import tester
import rla.easy_log.logger

tester.set_hyper_param(lr=0.1)
tester.configure("demo_task", {"LOG_USED": ["csv"]}, data_root="data", code_root=".")
tester.log_files_gen()
logger.logkv("return", 1.5)
row = rla.logger.dump_tabular()
tester.finish()
print(json.dumps({
    "one package": RLA is rla and logger is rla.logger is rla.easy_log.logger and tester is rla.exp_manager,
    "row": row["return"],
    "file": rla.__file__,
    "modules": sorted(found.name for found in pkgutil.walk_packages(rla.__path__, "rla.")),
    "version": importlib.metadata.version("RLA"),
    "name": importlib.metadata.metadata("RLA")["Name"],
}))
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A copy of what a clone has, so that nothing is built in the tree."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip(f"this is no git repository: {listed.stderr.strip()}")
    copy = tmp_path / "repository"
    for name in listed.stdout.split("\0")[:-1]:
        if (REPOSITORY / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / name, copy / name)
    return copy


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """A virtual environment that sees the packages of this one, and has none of its own."""
    folder = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True, timeout=60)
    (site,) = folder.glob("lib/python*/site-packages")
    paths = dict.fromkeys(sysconfig.get_paths()[kind] for kind in ("purelib", "platlib"))
    (site / "dependencies.pth").write_text("".join(f"{path}\n" for path in paths), encoding="utf-8")
    return folder


def clean_environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PIP_", "COV_CORE_"))}


@pytest.fixture
def install(environment: Path, repository: Path) -> Callable[..., None]:
    def pip_install(*options: str) -> None:
        quiet = ("--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check")
        result = subprocess.run(
            [environment / "bin" / "python", "-m", "pip", "install", *quiet, *options, "."],
            cwd=repository,
            env=clean_environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert result.returncode == 0, result.stdout + result.stderr

    return pip_install


@pytest.fixture
def call(environment: Path, tmp_path: Path) -> Callable[..., str]:
    """Run a program of the environment in a folder far from the repository."""

    def call_program(program: str, *arguments: str) -> str:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir(exist_ok=True)
        result = subprocess.run(
            [environment / "bin" / program, *arguments],
            cwd=elsewhere,
            env=clean_environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    return call_program


def modules_below(package: Path) -> list[str]:
    paths = [path.relative_to(package.parent).with_suffix("") for path in package.rglob("*.py")]
    names = {".".join(path.parts).removesuffix(".__init__") for path in paths}
    return sorted(names - {package.name})


@pytest.mark.parametrize("options", [(), ("-e",)], ids=["plain", "editable"])
def test_an_installed_rla_has_both_spellings_and_the_command(
    install: Callable[..., None],
    call: Callable[..., str],
    environment: Path,
    repository: Path,
    options: tuple[str, ...],
) -> None:
    install(*options)
    answer = json.loads(call("python", "-c", CHECK).splitlines()[-1])
    home = repository if options else next(environment.glob("lib/python*/site-packages"))
    assert Path(answer.pop("file")) == home / "rla" / "__init__.py"
    assert answer == {
        "one package": True,
        "row": 1.5,
        "modules": modules_below(repository / "rla"),
        "version": rla.__version__,
        "name": "RLA",
    }
    assert rla.__version__ in call("rla", "--version")
    if not options:
        assert {path.name for path in home.iterdir() if not path.name.endswith((".pth", ".dist-info"))} - {
            "__pycache__"
        } == {"rla", "RLA.py"}
        assert (home / "rla" / "py.typed").is_file()
