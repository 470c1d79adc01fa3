"""Ignore rules with the exact meaning that git gives them.

The format is that of gitignore(5). Where its page is silent, the behaviour of git is followed: names and patterns are
compared as bytes, and the part of a pattern before its first wildcard is compared as text before the rest is matched
as a pattern of its own. `docs/decisions.md` says why no library does this for us.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

__all__ = ["IgnoreRules"]

_WILDCARDS: Final = re.compile(rb"[*?\[\\]")
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"

_CLASSES: Final[dict[bytes, bytes]] = {
    b"alnum": rb"0-9A-Za-z",
    b"alpha": rb"A-Za-z",
    b"blank": rb" \t",
    b"cntrl": rb"\x00-\x1f\x7f",
    b"digit": rb"0-9",
    b"graph": rb"\x21-\x7e",
    b"lower": rb"a-z",
    b"print": rb"\x20-\x7e",
    b"punct": rb"!-/:-@\[-`{-~",
    b"space": rb" \t\n\r",
    b"upper": rb"A-Z",
    b"xdigit": rb"0-9A-Fa-f",
}
"""Character classes of POSIX, as git knows them: of ASCII only."""


@dataclass(frozen=True)
class _Rule:
    """One line of an ignore file.

    Attributes:
        negated: whether it takes back what earlier rules ignore.
        folders_only: whether it is for folders alone.
        by_name: whether it is compared with the last part of a path, at any depth.
        literal: what the text must begin with.
        rest: what the remainder must match as a whole; None when no text can match.
    """

    negated: bool
    folders_only: bool
    by_name: bool
    literal: bytes
    rest: re.Pattern[bytes] | None

    def matches(self, path: bytes, is_folder: bool) -> bool:
        if self.rest is None or (self.folders_only and not is_folder):
            return False
        text = path.rpartition(b"/")[2] if self.by_name else path
        return text.startswith(self.literal) and self.rest.fullmatch(text, len(self.literal)) is not None


class IgnoreRules:
    """The rules of one ignore file.

    Args:
        content: the file.
        base: the folder that its anchors mean, relative to the root of the walk and ending in ``/``; empty for the
            root itself.
    """

    def __init__(self, content: bytes, base: bytes = b"") -> None:
        self._base = base
        lines = content.removeprefix(_BYTE_ORDER_MARK).split(b"\n")
        self._rules = [rule for line in reversed(lines) if (rule := _parse(line.removesuffix(b"\r"))) is not None]

    def verdict(self, path: bytes, is_folder: bool) -> bool | None:
        """Say whether a path is ignored; None when no rule of this file speaks of it.

        Whether a folder above it is ignored is for the caller to know: what lies in one is ignored with it.

        Args:
            path: relative to the root of the walk, with ``/`` between its parts.
            is_folder: whether it is a folder; a symbolic link to one is not.
        """
        if not path.startswith(self._base):
            return None
        inside = path[len(self._base) :]
        for rule in self._rules:
            if rule.matches(inside, is_folder):
                return not rule.negated
        return None


def _parse(line: bytes) -> _Rule | None:
    if line.startswith(b"#"):
        return None
    pattern = _without_trailing_spaces(line)
    if not pattern:
        return None
    negated = pattern.startswith(b"!")
    pattern = pattern[negated:]
    folders_only = pattern.endswith(b"/")
    pattern = pattern[: len(pattern) - folders_only]
    by_name = b"/" not in pattern
    pattern = pattern.removeprefix(b"/")
    wildcard = _WILDCARDS.search(pattern)
    split = wildcard.start() if wildcard else len(pattern)
    expression = _expression(pattern[split:]) if pattern else None
    rest = None if expression is None else re.compile(expression, re.DOTALL)
    return _Rule(negated, folders_only, by_name, pattern[:split], rest)


def _without_trailing_spaces(line: bytes) -> bytes:
    """Cut spaces at the end; one behind a backslash stays."""
    end = len(line)
    while end and line[end - 1 : end] == b" ":
        end -= 1
    backslashes = end - len(line[:end].rstrip(b"\\"))
    return line[: end + 1] if backslashes % 2 else line[:end]


def _expression(pattern: bytes) -> bytes | None:
    """Return a pattern as a regular expression; None when it is malformed, and so matches nothing."""
    parts: list[bytes] = []
    position = 0
    while position < len(pattern):
        character = pattern[position : position + 1]
        if character == b"*":
            part, position = _stars(pattern, position)
        elif character == b"[":
            found = _bracket(pattern, position + 1)
            if found is None:
                return None
            part, position = found
        elif character == b"\\":
            if position + 1 == len(pattern):
                return None
            part, position = re.escape(pattern[position + 1 : position + 2]), position + 2
        else:
            part, position = b"[^/]" if character == b"?" else re.escape(character), position + 1
        parts.append(part)
    return b"".join(parts)


def _stars(pattern: bytes, start: int) -> tuple[bytes, int]:
    """Translate asterisks: two or more, alone between slashes, go across folders."""
    end = start
    while pattern[end : end + 1] == b"*":
        end += 1
    alone = start == 0 or pattern[start - 1 : start] == b"/"
    following = pattern[end : end + 2]
    if end - start > 1 and alone:
        if following.startswith(b"/"):
            return b"(?:.*/)?", end + 1
        if not following or following == rb"\/":
            return b".*", end
    return b"[^/]*", end


def _bracket(pattern: bytes, start: int) -> tuple[bytes, int] | None:
    """Translate a set of characters that begins behind ``[``; None when it has no end or names no class."""
    negated = pattern[start : start + 1] in (b"!", b"^")
    members: list[bytes] = []
    items = _bracket_items(pattern, start + negated)
    for item, end in items:
        if item is None:
            return None
        members.append(item)
        if pattern[end : end + 1] == b"]":
            inside = b"|".join(members)
            return (b"(?!/|%s)." if negated else b"(?!/)(?:%s)") % inside, end + 1
    return None


def _bracket_items(pattern: bytes, start: int) -> Iterator[tuple[bytes | None, int]]:
    """Yield the members of a set as expressions, each with the position behind it; None for what is malformed."""
    position, before = start, b""
    while position < len(pattern):
        character = pattern[position : position + 1]
        following = pattern[position + 1 : position + 2]
        class_name = re.compile(rb"\[:([^\]]*?):\]").match(pattern, position)
        if character == b"\\":
            before, position = following, position + 2
            yield (re.escape(before) if before else None), position
        elif character == b"-" and before and following not in (b"", b"]"):
            escaped = following == b"\\"
            last = pattern[position + 1 + escaped : position + 2 + escaped]
            position += 2 + escaped
            yield _range(before, last), position
            before = b""
        elif class_name:
            known = _CLASSES.get(class_name[1])
            before, position = b"", class_name.end()
            yield (b"[%s]" % known if known else None), position
        else:
            before, position = character, position + 1
            yield re.escape(character), position


def _range(first: bytes, last: bytes) -> bytes | None:
    if not last:
        return None
    return b"[%s-%s]" % (re.escape(first), re.escape(last)) if first <= last else b"(?!)"
