"""Regular expressions that cannot hang: a process of their own searches, and is ended when the time is over.

Python's `re` tries every way to match. ``(a+)+$`` does so for centuries, and nothing inside of the process can stop it.
"""

from __future__ import annotations

import marshal
import re
import sys
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rla.errors import QueryError, printable

__all__ = ["SECONDS", "SearchTime", "search_all", "syntax_problem"]

SECONDS: Final = 1.5
"""What the regular expressions of one question may take together, so that it is answered within two."""

_LONGEST: Final = 1000
_MEMORY: Final = 2 << 30
_WORKER: Final = Path(__file__).with_name("regular_expression_worker.py")


class SearchTime:
    """The time that is left to the regular expressions of one question, in seconds."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self.seconds = seconds
        self.left = seconds


def syntax_problem(text: str) -> tuple[str, int] | None:
    """Say what is wrong with a regular expression, and at which character; None when nothing is."""
    if len(text) > _LONGEST:
        return f"it has {len(text)} characters; at most {_LONGEST} are read", _LONGEST
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what later versions of Python might read otherwise
            re.compile(text)
    except re.error as error:
        return error.msg, error.pos or 0
    except (OverflowError, RecursionError) as error:
        return str(error), 0
    return None


def search_all(expression: str, texts: Sequence[str], time_left: SearchTime) -> list[bool]:
    """Search a regular expression in texts, as `re.search` does.

    Args:
        expression: one without `syntax_problem`.
        texts: where to search it.
        time_left: what the question has left; the search takes its share.

    Returns:
        For each text, whether it was found.

    Raises:
        QueryError: the time was over, or the memory.
    """
    if not texts:
        return []
    import subprocess  # few patterns are regular expressions

    began = time.monotonic()
    try:
        done = subprocess.run(
            [sys.executable or "python3", "-I", "-S", str(_WORKER)],
            input=marshal.dumps((expression, list(texts), _MEMORY)),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=max(time_left.left, 0.0),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise QueryError(_too_slow(expression, time_left.seconds)) from None
    except OSError as error:
        raise QueryError(f"No process for a regular expression could be started: {error}. Write a glob.") from error
    finally:
        time_left.left -= time.monotonic() - began
    if done.returncode or len(done.stdout) != len(texts):
        raise QueryError(
            f"The regular expression '{printable(expression):.100}' could not be searched: its process ended with code "
            f"{done.returncode}, most likely for want of memory. Write a simpler one, or a glob."
        )
    return [found == 1 for found in done.stdout]


def _too_slow(expression: str, seconds: float) -> str:
    return (
        f"The regular expression '{printable(expression):.100}' was given up after {seconds:g} seconds. A repetition "
        "inside of a repetition, as in (a+)+, tries every way to divide a text: repeat once, as in a+, or use a glob "
        "('*lr=0.01*')."
    )
