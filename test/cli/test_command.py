"""The command `rla` answers at once, says its version, and helps with mistakes."""

from __future__ import annotations

from collections.abc import Callable

from click.testing import CliRunner

from rla import __version__
from rla.cli.main import _group


def test_it_says_its_version() -> None:
    assert CliRunner().invoke(_group, ["--version"], prog_name="rla").output == f"rla, version {__version__}\n"


def test_an_unknown_command_is_answered_with_the_nearest() -> None:
    done = CliRunner().invoke(_group, ["fsk"], prog_name="rla")
    assert done.exit_code == 2
    assert "Did you mean 'fsck'" in done.output


def test_help_loads_no_heavy_package(run_python: Callable[..., object]) -> None:
    program = """
import sys
from click.testing import CliRunner
from rla.cli.main import _group
CliRunner().invoke(_group, ["--help"])
print([name for name in ("numpy", "pandas", "torch", "matplotlib", "tensorboardX") if name in sys.modules])
"""
    assert run_python(program).stdout == "[]\n"
