"""The entry of the command `rla`.

To add a command: write its function in a file of this room, and name it in `COMMANDS` and in `SUMMARIES`.
"""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from typing import TYPE_CHECKING, Any, Final

import click

from rla.errors import RLAError, RLAWarning, printable
from rla.version import __version__

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

__all__ = ["COMMANDS", "SUMMARIES", "main"]

COMMANDS: Final[dict[str, str]] = {
    "archive": "rla.cli.archive:archive",
    "diff": "rla.cli.diff:diff",
    "doctor": "rla.cli.doctor:doctor",
    "du": "rla.cli.du:du",
    "fsck": "rla.cli.fsck:fsck",
    "history": "rla.cli.history:history",
    "ls": "rla.cli.ls:ls",
    "migrate": "rla.cli.migrate:migrate",
    "pin": "rla.cli.pin:pin",
    "plot": "rla.cli.plot:plot",
    "pull": "rla.cli.pull:pull",
    "push": "rla.cli.push:push",
    "query": "rla.cli.query:query",
    "rm": "rla.cli.rm:rm",
    "show": "rla.cli.show:show",
    "sync": "rla.cli.sync:sync",
    "tag": "rla.cli.tag:tag",
    "tail": "rla.cli.tail:tail",
    "trash": "rla.cli.trash:trash",
    "undo": "rla.cli.undo:undo",
    "verdict": "rla.cli.verdict:verdict",
    "why": "rla.cli.why:why",
}
"""Name of a command → dotted path of its function, imported when it is called."""

SUMMARIES: Final[dict[str, str]] = {
    "archive": "Copy experiments into the archive of the data root.",
    "diff": "Show what differs between two experiments.",
    "doctor": "Say whether environment, disk and data root are fine.",
    "du": "Show what experiments take on the disk, by task and tree.",
    "fsck": "Check the files of a data root.",
    "history": "Show how an experiment went on.",
    "ls": "List experiments, the newest last.",
    "migrate": "Copy experiments to another task, or to another data root.",
    "pin": "Pin experiments, so that nobody deletes them, or show the pins.",
    "plot": "Draw learning curves, and show where they end.",
    "pull": "Fetch experiments from another data root.",
    "push": "Send experiments to another data root.",
    "query": "List the experiments that satisfy a condition.",
    "rm": "Move experiments to the trash; `rla undo` brings them back.",
    "show": "Show what is known of one experiment.",
    "sync": "Bring what is new to the main node, or from other machines.",
    "tag": "Give experiments tags, take tags away, or show them.",
    "tail": "Show the last rows of an experiment.",
    "trash": "Show what was deleted, bring some of it back, or free the disk.",
    "undo": "Take back what `rla rm`, `rla archive` or `rla migrate` did.",
    "verdict": "Say whether one arm is better than another, and how sure that is.",
    "why": "Say in what groups of experiments differ.",
}
"""Name of a command → the beginning of its help, so that the list of commands and tab completion import none of them.

At most 65 characters, for a line of 80. A command that is not named here is imported, and tells it itself.
"""

HELP: Final = """The experiment database for reinforcement learning.

The data root is taken from --root, else from $RLA_ROOT, else from the nearest rla_config.yaml (in this folder or above
it), else it is this folder.

\b
Examples:
  rla ls                                all experiments, the newest last
  rla ls demo_task '2026/11/*'          those of a task and a month
  rla query 'eval/return > 900'         those that satisfy a condition
  rla show 13-05-01                     all that is known of one
  rla diff 13-05-01 .                   what has changed since then
  rla plot -m eval/return --arms algo   learning curves as a figure
  rla verdict algo=sac algo=td3 -m eval/return     which is better?
  rla rm 'steps < 5000' --dry-run       what would go to the trash
  rla push --since 2d                   send what is new to the main node
  rla fsck --repair                     write out what killed runs left behind
  rla doctor                            is all well here, and for how long?
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

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._summary(ctx, name)) for name in self.list_commands(ctx)])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        names = [name for name in self.list_commands(ctx) if name.startswith(incomplete)]
        options = click.Command.shell_complete(self, ctx, incomplete)  # those of `rla` itself
        return [CompletionItem(name, help=self._summary(ctx, name)) for name in names] + options

    def _summary(self, ctx: click.Context, name: str) -> str:
        command = None if name in SUMMARIES else self.get_command(ctx, name)
        return command.get_short_help_str() if command is not None else SUMMARIES[name]

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


def _complain(error: Exception) -> None:
    """Print an error; names of files in it may hold anything."""
    lines = map(printable, str(error).split("\n"))
    click.echo(f"{click.style('error:', fg='red', bold=True)} {chr(10).join(lines)}", err=True)


def _show_warnings_as_lines() -> None:
    """Let warnings of rla be a line for people, without the place in the source that gave them."""
    show_others = warnings.showwarning

    def show(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
        if issubclass(category, RLAWarning):
            text = printable(str(message).removeprefix("rla: "))
            click.echo(f"{click.style('warning:', fg='yellow', bold=True)} {text}", err=True)
        else:
            show_others(message, category, *place, **more)

    warnings.showwarning = show
    warnings.simplefilter("always", RLAWarning)


def main() -> None:
    """Run the command line; errors of rla are shown as one message, with exit code 2."""
    _show_warnings_as_lines()
    try:
        _group(prog_name="rla")
    except RLAError as error:
        _complain(error)
        sys.exit(2)
    except BrokenPipeError:  # `rla ls | head`
        sys.stderr.close()
        sys.exit(141)
    except OSError as error:
        _complain(error)
        os._exit(2)  # what is left in the buffer of a full standard output cannot be written


if __name__ == "__main__":
    main()
