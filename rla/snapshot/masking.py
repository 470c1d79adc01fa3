"""Secrets in configuration files: the values of certain keys are masked before anything is copied.

Only texts behind an exact list of keys, in yaml, json, toml, ini and .env files. Numbers stay, and code is never
touched. A masked text has as many lines as before, so that line numbers and diffs still fit.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from itertools import chain, pairwise
from typing import Any, Final, NamedTuple

from rla.names import SECRET_KEYS

__all__ = ["MASK", "Masked", "is_masked_file", "mask_secrets"]

MASK: Final = "***"

_KEYS: Final = frozenset((*SECRET_KEYS, "ftp_server", "username"))
"""Those of the remote setting too: whoever gets the code needs neither the server nor the account."""

_FORMATS: Final = {
    "yaml": "yaml",
    "yml": "yaml",
    "json": "json",
    "toml": "toml",
    "ini": "ini",
    "cfg": "ini",
    "env": "env",
}
"""Suffix of a file → how it is read."""

_LARGEST_YAML: Final = 200_000
"""Longer texts would keep the parser of YAML busy for seconds: they are gone through line by line."""

_ANY_KEY: Final = re.compile("|".join(sorted(_KEYS)).replace("_", "[-_]"), re.IGNORECASE)

_TOKEN: Final = re.compile(
    r'"""(?:[^\\]|\\.)*?"""|' + r"'''.*?'''|" + r'"(?:[^"\\\n]|\\.)*"|' + r"'[^'\n]*'|#[^\n]*|[\w.-]+|[^\s\w]",
    re.DOTALL,
)
"""A piece of JSON or TOML: a text, a comment, a word, or a sign."""

_KEY: Final = re.compile(r"(?P<quote>[\"']?)(?P<key>[\w.-]+)(?P=quote)[ \t]*[:=][ \t]*", re.MULTILINE)
_LINE_START: Final = re.compile(r"^[ \t]*(?:export[ \t]+|-[ \t]+)*$")
_IN_FLOW: Final = re.compile(r"[{,][ \t]*$")
_COMMENT: Final = re.compile(r"(?:^|(?<=[ \t]))[#;][^\n]*", re.MULTILINE)
_PROPERTIES: Final = re.compile(r"(?:[&!]\S*\s+)*")
"""Anchor and tag of YAML in front of a value."""
_ENV_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"|' + r"'[^']*'", re.DOTALL)
_FLOW_VALUE: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"|' + r"'[^'\n]*'|\[[^\]]*\]|[^,}\]\n{]+")
_NESTED: Final = re.compile(r"\s*(?!- )[\w.\"'-]+\s*[:=](?:\s|$)")
_NUMBER: Final = re.compile(
    r"[-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:e[-+]?\d+)?|[-+]?\.?inf|\.?nan|0x[0-9a-f]+|true|false|null|none|~|", re.IGNORECASE
)
_NUMBER_TAGS: Final = {f"tag:yaml.org,2002:{kind}" for kind in ("int", "float", "bool", "null")}


class Masked(NamedTuple):
    """A text without its secrets.

    Attributes:
        text: the text, of as many lines as before.
        keys: what was masked: ``key (line n)``.
    """

    text: str
    keys: list[str]


class _Span(NamedTuple):
    """The place of a value, the key that it stands behind, and what stands there instead."""

    start: int
    end: int
    key: str
    mask: str


def is_masked_file(path: str) -> bool:
    """Say whether secrets are masked in a file of this name."""
    return _format(path) != ""


def _format(path: str) -> str:
    name = path.rpartition("/")[2].lower()
    suffix = name.rpartition(".")[2]
    if suffix not in _FORMATS and name.startswith(".env.") and suffix != "py":  # .env.local
        return "env"
    return _FORMATS.get(suffix, "")


def mask_secrets(text: str, path: str) -> Masked:
    """Mask the texts behind secret keys.

    Args:
        text: the content of a configuration file.
        path: its name, which tells its format. What cannot be read in that format is gone through line by line.
    """
    if _ANY_KEY.search(text) is None:
        return Masked(text, [])
    spans = sorted(_spans(text, _format(path)))
    parts: list[str] = []
    keys: list[str] = []
    done, line = 0, 1
    for start, end, key, mask in spans:
        if start >= done and start < end:
            line += text.count("\n", done, start)
            parts += [text[done:start], mask]
            keys.append(f"{key} (line {line})")
            line += text.count("\n", start, end)
            done = end
    return Masked("".join([*parts, text[done:]]), keys)


def _spans(text: str, kind: str) -> Iterator[_Span]:
    if kind in ("json", "toml"):
        return _spans_of_tokens(text)
    if kind == "yaml" and len(text) <= _LARGEST_YAML:
        return _spans_of_yaml(text)
    spans = _spans_of_env(text) if kind == "env" else _spans_of_lines(text, yaml=kind == "yaml")
    comments = (span for comment in _COMMENT.finditer(text) for span in _spans_of_comment(text, *comment.span()))
    return chain(comments, spans)


def _is_secret(key: str, prefixes: bool = False) -> bool:
    """Say whether a key is one of the list; variables of the environment have their owner in front of it."""
    name = key.rpartition(".")[2].lower().replace("-", "_")
    return name in _KEYS or (prefixes and name.endswith(tuple(f"_{known}" for known in _KEYS)))


def _covered(value: str) -> str:
    """Return a mask of as many lines, with their indentation."""
    return re.sub(r"\S[^\r\n]*", MASK, value) or MASK


def _spans_of_yaml(text: str) -> Iterator[_Span]:
    import yaml

    scalars: list[tuple[int, int]] = []
    try:
        documents = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
        spans = [span for document in documents for span in _spans_of_node(text, document, "", set(), scalars)]
    except (yaml.YAMLError, RecursionError):  # a template, say
        spans = list(_spans_of_lines(text, yaml=True))
    scalars.sort()
    for comment in _COMMENT.finditer(text):
        before = bisect.bisect_right(scalars, (comment.start(), len(text)))
        if before == 0 or scalars[before - 1][1] <= comment.start():  # a # inside a text is none
            spans += _spans_of_comment(text, *comment.span())
    return iter(spans)


def _spans_of_node(
    text: str, node: Any, secret: str, seen: set[tuple[int, str]], scalars: list[tuple[int, int]]
) -> Iterator[_Span]:
    """Yield the texts of a node of YAML: its own, where it stands behind a secret key, and those inside it.

    Args:
        text: the whole text.
        node: the node.
        secret: the secret key that it stands behind; empty when there is none.
        seen: nodes that were gone through.
        scalars: gets the places of all scalars.
    """
    import yaml

    if (id(node), secret) in seen:  # what an alias repeats
        return
    seen.add((id(node), secret))
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            yield from _spans_of_node(text, key, "", seen, scalars)
            yield from _spans_of_node(text, value, name if _is_secret(name) else secret, seen, scalars)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _spans_of_node(text, item, secret, seen, scalars)
    elif isinstance(node, yaml.ScalarNode):
        end = node.end_mark.index
        scalars.append((node.start_mark.index, end))
        if not secret or _is_number(node):
            return
        properties = _PROPERTIES.match(text, node.start_mark.index, end)
        start = properties.end() if properties else node.start_mark.index
        if node.style in ("|", ">"):
            start = text.find("\n", start) + 1
            yield _Span(start, end, secret, re.sub(r"\S[^\r\n]*", MASK, text[start:end]))
        elif node.style is None:
            yield _Span(start, end, secret, f'"{_covered(text[start:end])}"')
        else:
            yield _Span(start, end, secret, node.style + _covered(text[start + 1 : end - 1]) + node.style)


def _is_number(node: Any) -> bool:
    return node.tag in _NUMBER_TAGS or (node.style is None and _NUMBER.fullmatch(node.value) is not None)


def _spans_of_tokens(text: str) -> Iterator[_Span]:
    """Yield the texts behind secret keys of JSON or TOML, and those in lists and tables behind them."""
    inherited = [""]  # the secret key that each open list or table stands behind
    secret = ""
    comments = [match.span() for match in _TOKEN.finditer(text) if match[0].startswith("#")]
    yield from (span for comment in comments for span in _spans_of_comment(text, *comment))
    tokens = (match for match in _TOKEN.finditer(text) if not match[0].startswith("#"))
    for token, following in pairwise(chain(tokens, (None,))):
        assert token is not None  # None stands at the end alone
        piece = token[0]
        if following is not None and following[0] in (":", "=") and piece not in ("]", "}"):
            name = piece.strip("\"'")
            secret = name if _is_secret(name) else inherited[-1]
        elif piece in ("[", "{"):
            inherited.append(secret)
        elif piece not in (":", "="):
            if piece in ("]", "}"):
                inherited = inherited[:-1] or [""]
            elif secret and piece[0] in "\"'":
                quote = piece[:3] if len(piece) >= 6 and piece[:3] in ('"""', "'''") else piece[0]
                inside = piece[len(quote) : -len(quote)]
                yield _Span(token.start(), token.end(), secret, quote + _covered(inside) + quote)
            secret = inherited[-1]


def _spans_of_env(text: str) -> Iterator[_Span]:
    """Yield the values of variables; those in quotes may have several lines."""
    for key, start, _ in _keys_at_line_starts(text, prefixes=True):
        quoted = _ENV_QUOTED.match(text, start)
        end = quoted.end() if quoted else _line_end(text, start)
        value = text[start:end]
        if quoted:
            yield _Span(start, end, key, value[0] + _covered(value[1:-1]) + value[0])
        elif not _NUMBER.fullmatch(_without_comment(value)):
            yield _Span(start, end, key, _covered(value))


def _spans_of_lines(text: str, yaml: bool) -> Iterator[_Span]:
    """Yield the values of lines such as ``key = value``, with the deeper lines that belong to them.

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
                yield _Span(end, further, key, _covered_lines(text[end:further]))
        elif not (yaml and value[0] in "{[") and not _NUMBER.fullmatch(value):
            mask = f'"{MASK}"' if yaml else MASK
            yield _Span(start, further, key, mask + _covered_lines(text[end:further]))
    for match in _KEY.finditer(text) if yaml else ():
        line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        found = _FLOW_VALUE.match(text, match.end())
        if found is None or not _is_secret(match["key"]) or _NUMBER.fullmatch(found[0].strip()):
            continue
        if _IN_FLOW.search(line) or found[0].startswith("["):
            yield _Span(match.end(), found.end(), match["key"], f'"{MASK}"')


def _covered_lines(lines: str) -> str:
    """Return masks for whole lines, with their indentation and the marks of a list."""
    return re.sub(r"(?m)^([ \t]*(?:- )?)\S[^\r\n]*", rf"\1{MASK}", lines)


def _spans_of_comment(text: str, start: int, end: int) -> Iterator[_Span]:
    """Yield what stands behind a secret key in a comment, to the end of its line."""
    end -= text[start:end].endswith("\r")
    for match in _KEY.finditer(text, start, end):
        value = text[match.end() : end]
        if _is_secret(match["key"], prefixes=True) and not _NUMBER.fullmatch(value.strip()):
            yield _Span(match.end(), end, match["key"], MASK)


def _keys_at_line_starts(text: str, prefixes: bool = False) -> Iterator[tuple[str, int, int]]:
    """Yield the secret keys at the beginnings of lines, where their values begin, and how deep they are indented."""
    for match in _KEY.finditer(text):
        line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        if _is_secret(match["key"], prefixes) and _LINE_START.match(line):
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
