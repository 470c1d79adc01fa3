"""What servers of FTP tell of files: the facts of MLST and MLSD, and times (RFC 3659)."""

from __future__ import annotations

import calendar
import contextlib
import re
import time
from typing import Final

from rla.sync.transport import FILE, FOLDER, LINK, OTHER, RemoteFile

__all__ = ["entry_of", "file_of_facts", "modified_of", "time_value", "unique_of"]

_KINDS: Final = {"file": FILE, "dir": FOLDER, "cdir": FOLDER, "pdir": FOLDER}
_TIME: Final = re.compile(r"(\d{14})(\.\d+)?")


def entry_of(folder: str, line: str) -> RemoteFile | None:
    """Return what a line of MLSD tells of; None for the folder itself, and the one above."""
    facts, _, name = line.partition(" ")
    if name in (".", "..", "") or re.search(r"(^|;)type=[cp]dir;", facts, re.IGNORECASE):
        return None
    return file_of_facts(f"{folder}/{name}" if folder else name, facts)


def file_of_facts(path: str, facts: str) -> RemoteFile:
    """Return a file or folder by its facts, such as ``type=file;size=12;modify=20261120130501;``."""
    told = _facts(facts)
    kind = told.get("type", "").lower()
    is_link = kind.startswith("os.unix=") and "link" in kind
    size = told.get("size", "")
    return RemoteFile(
        path,
        LINK if is_link else _KINDS.get(kind, OTHER),
        int(size) if size.isascii() and size.isdigit() else 0,
        modified_of(told.get("modify", "")),
    )


def unique_of(facts: str) -> str:
    """Return what is the same for a file or folder by whichever links it is reached; "" where that is not told."""
    return _facts(facts).get("unique", "")


def _facts(facts: str) -> dict[str, str]:
    parts = (fact.partition("=") for fact in facts.split(";"))
    return {key.lower(): value for key, _, value in parts}


def modified_of(text: str) -> float | None:
    """Return the seconds since 1970 of a time of FTP, ``YYYYMMDDHHMMSS[.sss]`` in UTC; None where it is none."""
    match = _TIME.fullmatch(text.strip())
    with contextlib.suppress(ValueError):
        if match is not None:
            whole = calendar.timegm(time.strptime(match[1], "%Y%m%d%H%M%S"))
            return whole + float(match[2] or 0)
    return None


def time_value(modified: float) -> str:
    """Return a time as FTP writes it, in UTC and whole seconds."""
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(modified))
