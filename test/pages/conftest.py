"""Pages of docs/ show what their commands and programs answer; here these are run, one after the other.

A module of tests says which page it is about (``PAGE``), and which lines end with another exit code than 0
(``EXIT_CODES``). To write the answers into the pages anew: ``RLA_RENEW_PAGE=1 pytest test/pages``; then read what has
changed.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner

from rla.cli.main import _group

BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", flags=re.M | re.S)
VARYING = ((re.compile(r" *\d+(?:\.\d+)? (B|[KMG]iB)\b"), r" # \1"), (re.compile(r"process \d+"), "process #"))
"""Sizes of files differ a little between versions of Python, and processes have other numbers."""

WIDTH = {"FORCE_COLOR": "1", "NO_COLOR": "1", "COLUMNS": "80"}
"""What makes rich draw as on a terminal of 80 columns."""


class Block(NamedTuple):
    """What a page says: ``bash`` or ``python``, the lines to run, and what comes out; None where it is not shown."""

    kind: str
    code: str
    shown: str | None


class Page:
    """A page of docs/.

    Args:
        path: its file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = path.read_text(encoding="utf-8")
        self.blocks = [Block(match[1], match[2], match[3]) for match in BLOCK.finditer(self.text)]

    def numbers(self) -> list[int]:
        """Return the numbers of the blocks whose answers are shown."""
        return [number for number, block in enumerate(self.blocks) if block.shown is not None]

    def renew(self, answers: list[str]) -> None:
        """Write answers into the page."""
        answered = iter(answers)

        def with_answer(match: re.Match[str]) -> str:
            answer = next(answered)
            return f"```{match[1]}\n{match[2]}```\n" + ("" if match[3] is None else f"\n```text\n{answer}```\n")

        self.path.write_text(BLOCK.sub(with_answer, self.text), encoding="utf-8")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "number" in metafunc.fixturenames:
        metafunc.parametrize("number", Page(metafunc.module.PAGE).numbers())


@pytest.fixture(scope="module")
def page(request: pytest.FixtureRequest) -> Page:
    """The page that the module of tests is about."""
    return Page(request.module.PAGE)


@pytest.fixture(scope="module")
def pass_time() -> Callable[[], object]:
    """Is called before each line; modules may have one of their own."""
    return lambda: None


@pytest.fixture(scope="module")
def answers(page: Page, lab: Path, pass_time: Callable[[], object], request: pytest.FixtureRequest) -> list[str]:
    """What the blocks of the page answer, one after the other."""
    names: dict[str, Any] = {}
    codes: dict[str, int] = getattr(request.module, "EXIT_CODES", {})
    found = []
    for kind, code, _ in page.blocks:
        found.append(run_program(code, names) if kind == "python" else run_commands(code, codes, pass_time))
    if os.environ.get("RLA_RENEW_PAGE"):
        page.renew(found)
    return found


@pytest.fixture
def same(page: Page, answers: list[str]) -> Callable[[int], bool]:
    """Says whether a block shows what came out."""

    def compare(number: int) -> bool:
        if "jq is not installed" in answers[number]:
            pytest.skip("jq is not installed")
        assert comparable(answers[number]) == comparable(page.blocks[number].shown or "")
        return True

    return compare


def run_program(code: str, names: dict[str, Any]) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(code, "a program of the page", "exec"), names)
    return shown(out.getvalue())


def run_commands(code: str, codes: dict[str, int], pass_time: Callable[[], object]) -> str:
    """Run lines of a shell: `rla` alone in this process, all others in a shell."""
    answers = []
    for line in code.splitlines():
        pass_time()
        answers.append(shown((run_rla if is_plain(line) else run_in_shell)(line, codes.get(line, 0))))
    return "\n".join(answers)


def is_plain(line: str) -> bool:
    words = list(shlex.shlex(line, posix=True, punctuation_chars=True))
    return words[0] == "rla" and not {"|", ">", "&&", ";"} & set(words) and "$(" not in line


def run_rla(line: str, code: int) -> str:
    done = CliRunner(env=WIDTH).invoke(_group, shlex.split(line)[1:], prog_name="rla", catch_exceptions=False)
    assert done.exit_code == code, line + done.output
    return done.stdout


def run_in_shell(line: str, code: int) -> str:
    if "jq" in line and shutil.which("jq") is None:
        return "jq is not installed"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code, line + done.stderr
    return done.stdout


def shown(output: str) -> str:
    """Return what a person sees: without codes of the terminal, spaces at the ends of lines, empty lines around."""
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", output).splitlines()
    return "".join(f"{line.rstrip()}\n" for line in lines).strip("\n") + "\n"


def comparable(answer: str) -> str:
    """Return an answer without what differs between machines and versions of Python, and so where lines break."""
    for varying, instead in VARYING:
        answer = varying.sub(instead, answer)
    return " ".join(word for line in answer.splitlines() if "───" not in line for word in line.split())
