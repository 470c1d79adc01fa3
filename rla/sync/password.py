"""A password that no text, pickle or copy of an object shows."""

from __future__ import annotations

import os
import shlex
import subprocess
from typing import Any, Final, NoReturn

from rla.errors import LoginRefusedError
from rla.names import MASK

__all__ = ["Password"]

_COMMAND_SECONDS: Final = 30.0


class Password:
    """Where the password for another machine comes from; it is asked for when a server wants it, and kept nowhere else.

    Args:
        text: the password itself.
        variable: the environment variable that holds it.
        command: the command that prints it as its first line, e.g. ``pass show lab/main``. No shell runs it.
    """

    def __init__(self, text: str | None = None, variable: str | None = None, command: str | None = None) -> None:
        self._text = text
        self.variable = variable
        self.command = command

    def __bool__(self) -> bool:
        return any(source is not None for source in (self._text, self.variable, self.command))

    def __repr__(self) -> str:
        return f"Password({MASK})" if self else "Password()"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a password is not pickled")

    def get(self) -> str | None:
        """Return the password; None where there is none.

        Raises:
            LoginRefusedError: the environment variable is not set, or the command fails.
        """
        if self.variable is not None:
            value = os.environ.get(self.variable)
            if value is None:
                raise LoginRefusedError(
                    f"REMOTE_SETTING.password_env names the environment variable '{self.variable}', which is not set."
                )
            return value
        return _output_of(self.command) if self.command is not None else self._text

    def to_plain(self) -> dict[str, Any]:
        """Return what another process of ours needs, for a pipe that nobody else reads."""
        return {"text": self._text, "variable": self.variable, "command": self.command}


def _output_of(command: str) -> str:
    """Return the first line that a command prints. What it printed is in no message: it might be the password."""
    try:
        words = shlex.split(command)
        if not words:
            raise LoginRefusedError("REMOTE_SETTING.password_command is empty.")
        done = subprocess.run(
            words, capture_output=True, timeout=_COMMAND_SECONDS, check=False, stdin=subprocess.DEVNULL, text=True
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        problem = error.strerror if isinstance(error, OSError) else type(error).__name__
        raise LoginRefusedError(f"REMOTE_SETTING.password_command could not be run: {problem}.") from None
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        raise LoginRefusedError(
            f"REMOTE_SETTING.password_command ended with code {done.returncode} and {len(lines)} lines; "
            "expected code 0 and the password as the first line."
        )
    return lines[0]
