"""`rla --help` and tab completion answer at once: they load no heavy package, and none of the commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from click.testing import CliRunner

from rla.cli import main as main_file
from rla.cli.main import COMMANDS, SUMMARIES, _group

REPOSITORY = Path(__file__).resolve().parents[2]

Run = Callable[..., "CompletedProcess[str]"]

HEAVY = (
    *("numpy", "pandas", "matplotlib", "torch", "tensorboardX", "tensorboard", "PIL", "scipy"),
    *("rich", "yaml", "psutil", "importlib.metadata", "asyncio", "multiprocessing", "unittest"),
)

EACH_HELP = """
import contextlib, io, json, os, sys
from rla.cli.main import main

def run(arguments):
    with contextlib.redirect_stdout(io.StringIO()) as shown, contextlib.suppress(SystemExit):
        sys.argv = ["rla", *arguments]
        main()
    return [shown.getvalue(), sorted(sys.modules)]

found = []
for arguments in json.loads(sys.argv[1]):
    reading, writing = os.pipe()
    if os.fork() == 0:  # what it loads, the next one has not
        with os.fdopen(writing, "w") as pipe:
            pipe.write(json.dumps(run(arguments)))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        found.append(json.load(pipe))
    os.wait()
print(json.dumps(found))
"""

PROGRAM = """
import json, sys
from rla.cli.main import main
sys.argv[0] = "rla"
try:
    main()
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


def loaded(done: CompletedProcess[str]) -> set[str]:
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.fixture(scope="module")
def helps() -> dict[str, tuple[str, set[str]]]:
    """What is shown and loaded by ``--help`` of each command: forks of a process that had no command loaded."""
    each = [["--help"], ["--version"], *([name, "--help"] for name in sorted(COMMANDS))]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        [sys.executable, "-c", EACH_HELP, json.dumps(each)], env=environment, capture_output=True, check=True
    )
    answers = json.loads(done.stdout)
    return {" ".join(arguments): (text, set(modules)) for arguments, (text, modules) in zip(each, answers, strict=True)}


@pytest.mark.parametrize("arguments", ["--help", "--version", *(f"{name} --help" for name in sorted(COMMANDS))])
def test_help_loads_no_heavy_package(helps: dict[str, tuple[str, set[str]]], arguments: str) -> None:
    shown, modules = helps[arguments]
    assert shown.startswith((f"Usage: rla {arguments.removesuffix('--help')}", "rla, version"))
    assert sorted(modules.intersection(HEAVY)) == []
    assert "rla.cli.main" in modules


def test_the_list_of_commands_imports_none_of_them(run_python: Run) -> None:
    commands = {path.partition(":")[0] for path in COMMANDS.values()}
    assert not loaded(run_python(PROGRAM, "--help")) & (commands | {"sqlite3", "rla.query"})


def test_completing_a_command_imports_none_of_them(run_python: Run) -> None:
    completing = {"_RLA_COMPLETE": "zsh_complete", "COMP_WORDS": "rla ", "COMP_CWORD": "1"}
    done = run_python(PROGRAM, env=completing)
    assert "Check the files of a data root." in done.stdout
    assert not loaded(done) & {path.partition(":")[0] for path in COMMANDS.values()} | loaded(done).intersection(HEAVY)


def test_what_is_loaded_would_be_seen(run_python: Run, tmp_path: Path) -> None:
    done = run_python(PROGRAM, "ls", "--root", tmp_path, "--json")
    assert "rla.cli.ls" in loaded(done)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_line_of_a_command_is_the_beginning_of_its_help(name: str) -> None:
    shown = CliRunner().invoke(_group, [name, "--help"], prog_name="rla", terminal_width=1000).output
    help_text = shown.splitlines()[2].strip()
    assert help_text.startswith(SUMMARIES[name].removesuffix("."))
    assert len(SUMMARIES[name]) <= 65


def test_a_command_without_a_line_tells_it_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main_file, "SUMMARIES", {})
    shown = CliRunner().invoke(_group, ["--help"], prog_name="rla").output
    assert "fsck     Check the files of a data root." in shown
