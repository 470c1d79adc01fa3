"""The command `rla` says its version, and helps with mistakes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner

from rla import __version__
from rla.cli.main import _group
from rla.database.index.location import index_path


def test_it_says_its_version() -> None:
    assert CliRunner().invoke(_group, ["--version"], prog_name="rla").output == f"rla, version {__version__}\n"


def test_an_unknown_command_is_answered_with_the_nearest() -> None:
    done = CliRunner().invoke(_group, ["fsk"], prog_name="rla")
    assert done.exit_code == 2
    assert "Did you mean 'fsck'" in done.output


def test_a_warning_is_one_line_without_the_source(run_python: Callable, data_root: Path) -> None:
    (data_root / "log").mkdir(parents=True)
    index = index_path(data_root)
    assert index is not None
    index.write_bytes(b"no database" * 100)
    program = "import sys; from rla.cli.main import main; sys.argv[0] = 'rla'; main()"
    done = run_python(program, "ls", "--root", data_root)
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"warning: the index '{index}' is damaged")
