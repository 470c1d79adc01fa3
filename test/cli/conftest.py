"""Fixtures for the tests of commands: the command line as a person runs it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from rla.cli.main import main


class Shown(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def rla(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Shown]:
    """Run a command in this process: ``rla("ls", "--root", data_root)``."""

    def run(*arguments: object) -> Shown:
        monkeypatch.setattr(sys, "argv", ["rla", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        return Shown(int(ended.value.code or 0), *capsys.readouterr())

    return run
