"""docs/query.md shows what its commands and programs answer in the lab that this folder makes.

To write the answers into the page anew: ``RLA_RENEW_PAGE=1 pytest test/query_page``; then read what has changed.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from rla.cli.main import _group

PAGE = Path(__file__).resolve().parents[2] / "docs" / "query.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", flags=re.M | re.S)
BLOCKS = [(match[1], match[2], match[3]) for match in BLOCK.finditer(TEXT)]
SIZE = re.compile(r" *\d+(?:\.\d+)? (B|[KMG]iB)\b")
WIDTH = {"FORCE_COLOR": "1", "NO_COLOR": "1", "COLUMNS": "80"}
"""What makes rich draw as on a terminal of 80 columns."""


@pytest.fixture(scope="module")
def answers(lab: Path) -> list[str]:
    """What the blocks of the page answer, one after the other."""
    names: dict[str, Any] = {}
    found = [run_program(code, names) if kind == "python" else run_commands(code) for kind, code, _ in BLOCKS]
    if os.environ.get("RLA_RENEW_PAGE"):
        renew(found)
    return found


def run_program(code: str, names: dict[str, Any]) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(code, str(PAGE), "exec"), names)
    return shown(out.getvalue())


def run_commands(code: str) -> str:
    """Run lines of a shell: `rla` alone in this process, all others in a shell."""
    return "\n".join(shown(run_rla(line) if is_plain(line) else run_in_shell(line)) for line in code.splitlines())


def is_plain(line: str) -> bool:
    words = list(shlex.shlex(line, posix=True, punctuation_chars=True))
    return words[0] == "rla" and not {"|", ">", "&&", ";"} & set(words) and "$(" not in line


def run_rla(line: str) -> str:
    done = CliRunner(env=WIDTH).invoke(_group, shlex.split(line)[1:], prog_name="rla", catch_exceptions=False)
    assert done.exit_code == 0, line + done.output
    return done.stdout


def run_in_shell(line: str) -> str:
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
    assert done.returncode == 0, line + done.stderr
    return done.stdout


def shown(output: str) -> str:
    """Return what a person sees: without codes of the terminal, spaces at the ends of lines, empty lines around."""
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", output).splitlines()
    return "".join(f"{line.rstrip()}\n" for line in lines).strip("\n") + "\n"


def renew(found: list[str]) -> None:
    answered = iter(found)

    def with_answer(match: re.Match[str]) -> str:
        answer = next(answered)
        return f"```{match[1]}\n{match[2]}```\n" + ("" if match[3] is None else f"\n```text\n{answer}```\n")

    PAGE.write_text(BLOCK.sub(with_answer, TEXT), encoding="utf-8")


def comparable(answer: str) -> str:
    """Return an answer without sizes of files, which differ a little between versions of Python."""
    return "\n".join(" ".join(SIZE.sub(r" # \1", line).split()) for line in answer.splitlines() if "───" not in line)


@pytest.mark.parametrize("number", [number for number, (_, _, answer) in enumerate(BLOCKS) if answer is not None])
def test_the_page_shows_what_comes_out(number: int, answers: list[str]) -> None:
    answer = answers[number]
    if "jq is not installed" in answer:
        pytest.skip("jq is not installed")
    assert comparable(answer) == comparable(BLOCKS[number][2] or "")


def test_it_has_more_than_twenty_questions_in_order() -> None:
    numbers = [int(number) for number in re.findall(r"^\*\*(\d+)\. ", TEXT, flags=re.M)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 20


def test_each_question_is_answered() -> None:
    for question in re.split(r"^\*\*\d+\. ", TEXT, flags=re.M)[1:]:
        assert "\n```text\n" in question, question


def test_tables_fit_80_columns() -> None:
    lines = [line for _, _, answer in BLOCKS for line in (answer or "").splitlines() if line.startswith(" ")]
    assert [line for line in lines if len(line) > 80] == []
