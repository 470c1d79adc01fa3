"""Secrets in what is read line by line: INI files, variables of the environment, and YAML that does not parse."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from rla.names import MASK
from rla.snapshot.masking.spans import COMMENT, KEY, NUMBER, SecretSections, Span, covered, is_secret, spans_of_comment

__all__ = ["spans_of_env", "spans_of_lines"]

_LINE_START: Final = re.compile(r"^[ \t]*(?:export[ \t]+|-[ \t]+)*$")
_IN_FLOW: Final = re.compile(r"[{,][ \t]*$")
_ENV_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"|' + r"'[^']*'", re.DOTALL)
_FLOW_VALUE: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"|' + r"'[^'\n]*'|\[[^\]]*\]|[^,}\]\n{]+")
_NESTED: Final = re.compile(r"\s*(?!- )[\w.\"'-]+\s*[:=](?:\s|$)")
"""The first line of a mapping."""


def spans_of_env(text: str) -> Iterator[Span]:
    """Yield the values of secret variables, which may have several lines in quotes; then those in comments."""
    for key, start, _ in _keys_at_line_starts(text, prefixes=True):
        quoted = _ENV_QUOTED.match(text, start)
        end = quoted.end() if quoted else _line_end(text, start)
        value = text[start:end]
        if quoted:
            yield Span(start, end, key, value[0] + covered(value[1:-1]) + value[0])
        elif not NUMBER.fullmatch(_without_comment(value)):
            yield Span(start, end, key, covered(value))
    yield from _spans_of_comments(text)


def _spans_of_comments(text: str) -> Iterator[Span]:
    return (span for comment in COMMENT.finditer(text) for span in spans_of_comment(text, *comment.span()))


def spans_of_lines(text: str, yaml: bool) -> Iterator[Span]:
    """Yield the values of lines such as ``key = value``, with the deeper lines that belong to them; then the comments.

    Args:
        text: the text.
        yaml: whether it is meant as YAML: with blocks, lists, quotes, and mappings within a line.
    """
    for key, start, indent in _keys_at_line_starts(text):
        end = _line_end(text, start)
        further = _end_of_deeper_lines(text, end, indent, yaml)
        value = _without_comment(text[start:end])
        if not value or (yaml and value[0] in "|>"):
            if not (yaml and _NESTED.match(text, end, further)):
                yield Span(end, further, key, _covered_lines(text[end:further]))
        elif not (yaml and value[0] in "{[") and not NUMBER.fullmatch(value):
            mask = f'"{MASK}"' if yaml else MASK
            yield Span(start, further, key, mask + _covered_lines(text[end:further]))
    for match in KEY.finditer(text) if yaml else ():
        line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        found = _FLOW_VALUE.match(text, match.end())
        if found is None or not is_secret(match["key"]) or NUMBER.fullmatch(found[0].strip()):
            continue
        if _IN_FLOW.search(line) or found[0].startswith("["):
            yield Span(match.end(), found.end(), match["key"], f'"{MASK}"')
    yield from _spans_of_comments(text)


def _covered_lines(lines: str) -> str:
    """Return masks for whole lines, with their indentation and the marks of a list."""
    return re.sub(r"(?m)^([ \t]*(?:- )?)\S[^\r\n]*", rf"\1{MASK}", lines)


def _keys_at_line_starts(text: str, prefixes: bool = False) -> Iterator[tuple[str, int, int]]:
    """Yield the secret keys at the beginnings of lines, where their values begin, and how deep they are indented."""
    sections = SecretSections(text)
    for match in KEY.finditer(text):
        line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        named = is_secret(match["key"], prefixes) or sections.key_at(match.start())
        if named and _LINE_START.match(line):
            yield match["key"], match.end(), len(line) - len(line.lstrip(" \t"))


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    end = len(text) if end < 0 else end
    return end - (text[start:end].endswith("\r"))


def _without_comment(value: str) -> str:
    return re.split(r"(?:^|\s)[#;]", value)[0].strip()


def _end_of_deeper_lines(text: str, line_end: int, indent: int, lists: bool) -> int:
    """Return the end of the lines behind ``line_end`` that are indented deeper, or are items of a list as deep."""
    item = "|- " if lists else ""
    deeper = re.compile(rf"(?:\r?\n[ \t]*(?=\r?\n))*\r?\n[ \t]{{{indent}}}(?:[ \t]+[^\s]{item})[^\r\n]*")
    end = line_end
    while found := deeper.match(text, end):
        end = found.end()
    return end
