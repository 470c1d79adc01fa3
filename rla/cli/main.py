"""The entry of the command `rla`.

To add a command: write its function in a file of this room, and name it in `COMMANDS`.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Final

import click

from rla.errors import RLAError
from rla.version import __version__

__all__ = ["COMMANDS", "main"]

COMMANDS: Final[dict[str, str]] = {
    "diff": "rla.cli.diff:diff",
    "fsck": "rla.cli.fsck:fsck",
    "ls": "rla.cli.ls:ls",
    "show": "rla.cli.show:show",
}
"""Name of a command → dotted path of its function, imported when it is called."""

HELP: Final = """The experiment database for reinforcement learning.

The data root is taken from --root, else from $RLA_ROOT, else from the nearest rla_config.yaml (in this folder or above
it), else it is this folder.

\b
Examples:
  rla ls                                all experiments, the newest last
  rla ls demo_task '2026/11/*'          those of a task and a month
  rla show 13-05-01                     all that is known of one
  rla diff 13-05-01 .                   what has changed since then
  rla fsck --repair                     write out what killed runs left behind
"""


class _LazyCommands(click.Group):
    """A group that imports a command when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, function = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), function)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from rla.errors import did_you_mean

            ctx.fail(f"There is no command '{args[0]}'.{did_you_mean(args[0], COMMANDS)} See `rla --help`.")
        return super().resolve_command(ctx, args)


@click.group(cls=_LazyCommands, help=HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="rla")
def _group() -> None:
    pass


def main() -> None:
    """Run the command line; errors of rla are shown as one message, with exit code 2."""
    try:
        _group(prog_name="rla")
    except RLAError as error:
        click.echo(f"{click.style('error:', fg='red', bold=True)} {error}", err=True)
        sys.exit(2)
    except BrokenPipeError:  # `rla ls | head`
        sys.stderr.close()
        sys.exit(141)
    except OSError as error:
        click.echo(f"{click.style('error:', fg='red', bold=True)} {error}", err=True)
        os._exit(2)  # what is left in the buffer of a full standard output cannot be written


if __name__ == "__main__":
    main()
