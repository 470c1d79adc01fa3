"""The snippets of the README and of docs/ do what they say."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")

RUN_ELSEWHERE = {
    "make demo": "test_example.py runs the same program; that the target exists is tested here",
    "make test": "this test is a part of it",
    'pip install -e ".[demo]"': "test/compat installs into fresh environments",
    "python example/simplest_code/main.py": "test_example.py runs it",
    "tensorboard --logdir log/demo_task": "a server that would not end; its folder is checked here",
}


def blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.M | re.S)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the template beside it, in which all Python snippets of the README were run in order."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(REPOSITORY / "example" / "rla_config.yaml", folder)
    (folder / "train.py").write_text("\n".join(blocks("python")), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "MPLBACKEND": "agg"}
    done = subprocess.run(
        [sys.executable, "train.py"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (folder / "stdout.txt").write_text(done.stdout, encoding="utf-8")
    return folder


def test_the_python_snippets_run_in_order(project: Path) -> None:
    assert (project / "curve.png").stat().st_size > 1000
    assert "buffer filled" in (project / "stdout.txt").read_text(encoding="utf-8")
    assert list(project.glob("results/demo_task/*/*/*/*/value_function*.png"))
    assert list(project.glob("log/demo_task/*/*/*/*/tb/events/events.out.tfevents.*"))


def commands() -> list[str]:
    """Return the commands that stand for themselves; those of a block that changes its folder are run together."""
    return [line for block in blocks("bash") if "\ncd " not in block for line in block.splitlines() if line.strip()]


def test_an_experiment_is_run_again_from_its_code_alone(project: Path, tmp_path: Path) -> None:
    (block,) = (block for block in blocks("bash") if "\ncd " in block)
    shutil.copytree(project, tmp_path / "project")
    (tmp_path / "project" / "train.py").unlink()
    (tmp_path / "project" / "rla_config.yaml").unlink()
    python = shlex.quote(sys.executable)
    functions = f'rla() {{ {python} -m rla.cli.main "$@"; }}\npython() {{ {python} "$@"; }}\n'
    done = subprocess.run(
        ["bash", "-e", "-c", functions + block],
        cwd=tmp_path / "project",
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "project" / "again").glob("log/demo_task/*/*/*/*/progress.csv"))


@pytest.mark.parametrize("command", commands())
def test_each_shell_command_works(command: str, project: Path) -> None:
    if command in RUN_ELSEWHERE:
        words = shlex.split(command)
        if words[0] == "make":
            assert re.search(rf"^{words[1]}:", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.M)
        if words[0] == "tensorboard":
            assert (project / words[2]).is_dir()
        return
    assert command.startswith("rla ")
    done = subprocess.run(
        [sys.executable, "-m", "rla.cli.main", *shlex.split(command)[1:]],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_links_to_files_of_the_repository_lead_somewhere() -> None:
    for page in (REPOSITORY / "README.md", *(REPOSITORY / "docs").glob("*.md")):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
