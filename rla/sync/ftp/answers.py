"""What the answers of a server of FTP mean, and what it means when there is none."""

from __future__ import annotations

import re
import ssl
from typing import Final

from rla.errors import SyncError, UnreachableError, printable
from rla.sync.remote import Remote

__all__ = ["RefusedError", "error_of_answer", "error_of_silence", "reason_of", "shown"]

_CUT: Final = frozenset({421, 425, 426, 530})
"""The server closes, cannot open or has lost a connection for data, or has forgotten who we are."""
_NO_ROOM: Final = frozenset({452, 552})
_NO_ROOM_WORDS: Final = re.compile("no space|disk.full|quota", re.IGNORECASE)
"""Some servers answer 426 or 451 to a disk that is full, and say it in words."""
_LONGEST: Final = 200


class RefusedError(SyncError):
    """The server has refused a command; ``code`` is the number of its answer."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


def shown(answer: str) -> str:
    """Return an answer for a message: one line that is not too long."""
    return f"'{printable(answer)[:_LONGEST]}'"


def error_of_answer(remote: Remote, answer: str, doing: str) -> SyncError:
    """Return the error of an answer that is none of success.

    Args:
        remote: who answers.
        answer: its code and text.
        doing: what was asked for, to be read by people: ``write 'log/demo/…'``.

    Returns:
        A `RefusedError` when the server can be asked for other things; else the connection is of no more use.
    """
    if not answer[:3].isdigit():
        return SyncError(f"{remote.host} speaks no FTP on this port: it says {shown(answer)}. Is the port right?")
    code = int(answer[:3])
    if code in _NO_ROOM or _NO_ROOM_WORDS.search(answer):
        problem = f"{remote.host} has no room left, or a quota is used up; it answers {shown(answer)} to: {doing}."
        return RefusedError(f"{problem} What is missing is sent once there is room.", code)
    if code in _CUT:
        return UnreachableError(f"{remote.host} cut the connection to: {doing}. It says {shown(answer)}.")
    advice = " May this user do that, and is there such a folder?" if code in (550, 553) else ""
    return RefusedError(f"{remote.host} refuses to {doing}: {shown(answer)}.{advice}", code)


def error_of_silence(remote: Remote, error: BaseException, doing: str) -> UnreachableError:
    """Return the error of a connection that was cut, or on which nothing came in time."""
    if isinstance(error, TimeoutError):
        return UnreachableError(f"{remote.host} gave no answer for {remote.timeout:g} seconds to: {doing}.")
    if isinstance(error, ConnectionRefusedError):  # the one for commands stands: it is one for data
        return UnreachableError(
            f"{remote.host} takes no connection for data, to {doing}. Is a firewall in between? It must let the "
            "passive ports of that server through."
        )
    return UnreachableError(f"The connection to {remote.host} was cut ({reason_of(error)}); it was to {doing}.")


def reason_of(error: BaseException) -> str:
    """Return a few words on what happened to a connection."""
    if isinstance(error, (EOFError, ssl.SSLEOFError)):
        return "closed by the other end"
    if isinstance(error, ssl.SSLError):
        return printable(error.reason or str(error))
    return printable(getattr(error, "strerror", None) or str(error) or type(error).__name__)
