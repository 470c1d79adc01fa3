"""Secrets in configuration files: the values of certain keys are masked before anything is copied.

Only text values of an exact list of keys, in yaml, json, toml, ini and .env files. Numbers stay, and code is never
touched. A masked text has as many lines as before, so that line numbers and diffs still fit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, pairwise
from typing import Any, Final, NamedTuple

from rla.names import SECRET_KEYS

__all__ = ["MASK", "Masked", "is_masked_file", "mask_secrets"]

MASK: Final = "***"

_KEYS: Final = frozenset((*SECRET_KEYS, "ftp_server", "username"))
"""Those of the remote setting too: whoever gets the code needs neither the server nor the account."""

_LARGEST_YAML: Final = 200_000
"""Longer texts would keep the parser of YAML busy for seconds: they are gone through line by line."""

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

_ANY_KEY: Final = re.compile("|".join(sorted(_KEYS)).replace("_", "[-_]"), re.IGNORECASE)

_TOKEN: Final = re.compile(
    r'"""(?:[^\\]|\\.)*?"""|' + r"'''.*?'''|" + r'"(?:[^"\\\n]|\\.)*"|' + r"'[^'\n]*'|#[^\n]*|[\w.-]+|[^\s\w]",
    re.DOTALL,
)
"""A piece of JSON or TOML: a text, a comment, a word, or a sign."""

_LINE: Final = re.compile(
    r"^[ \t]*(?P<comment>[#;][#; \t]*|//[ \t]*)?(?:export[ \t]+|-[ \t]+)*"
    r"(?P<quote>[\"']?)(?P<key>[\w.-]+)(?P=quote)[ \t]*[:=][ \t]*(?P<value>[^\n]*)",
    re.MULTILINE,
)
_NOT_TEXT: Final = re.compile(
    r"(?:[-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:e[-+]?\d+)?|[-+]?\.?inf|\.?nan|0x[0-9a-f]+|true|false|null|none|~|[|>{\[]?)",
    re.IGNORECASE,
)


class Masked(NamedTuple):
    """A text without its secrets.

    Attributes:
        text: the text, of as many lines as before.
        keys: what was masked: ``key (line n)``.
    """

    text: str
    keys: list[str]


class _Span(NamedTuple):
    """The place of a value, the key that it stands behind, and whether its mask needs quotes to be a text again."""

    start: int
    end: int
    key: str
    bare: bool = False


def is_masked_file(path: str) -> bool:
    """Say whether secrets are masked in a file of this name."""
    return _format(path) != ""


def _format(path: str) -> str:
    name = path.rpartition("/")[2].lower()
    return "env" if name.startswith(".env") else _FORMATS.get(name.rpartition(".")[2], "")


def mask_secrets(text: str, path: str) -> Masked:
    """Mask the text values of secret keys.

    Args:
        text: the content of a configuration file.
        path: its name, which tells its format. What cannot be read in that format is gone through line by line.
    """
    if _ANY_KEY.search(text) is None:
        return Masked(text, [])
    kind = _format(path)
    by_line = kind in ("ini", "env") or (kind == "yaml" and len(text) > _LARGEST_YAML)
    spans = list(_spans_of_lines(text, comments_only=not by_line, prefixes=kind == "env"))
    if kind == "yaml" and len(text) <= _LARGEST_YAML:
        spans += _spans_of_yaml(text)
    elif kind in ("json", "toml"):
        spans += _spans_of_tokens(text)
    parts: list[str] = []
    keys: list[str] = []
    done, line = 0, 1
    for start, end, key, bare in sorted(spans):
        if start >= done and start < end:
            line += text.count("\n", done, start)
            covered = _covered(text[start:end])
            parts += [text[done:start], f'"{covered}"' if bare else covered]
            keys.append(f"{key} (line {line})")
            line += text.count("\n", start, end)
            done = end
    return Masked("".join([*parts, text[done:]]), keys)


def _is_secret(key: str, prefixes: bool = False) -> bool:
    """Say whether a key is one of the list; variables of the environment have their owner in front of it."""
    name = key.lower().replace("-", "_")
    return name in _KEYS or (prefixes and name.endswith(tuple(f"_{known}" for known in _KEYS)))


def _spans_of_yaml(text: str) -> Iterator[_Span]:
    import yaml

    try:
        documents = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
        yield from [span for document in documents for span in _spans_of_node(text, document, "", set())]
    except (yaml.YAMLError, RecursionError):  # a template, say
        yield from _spans_of_lines(text, comments_only=False)


def _spans_of_node(text: str, node: Any, secret: str, seen: set[tuple[int, str]]) -> Iterator[_Span]:
    """Yield the texts of a node of YAML: its own, where it stands behind a secret key, and those inside it."""
    import yaml

    if (id(node), secret) in seen:  # what an alias repeats
        return
    seen.add((id(node), secret))
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            yield from _spans_of_node(text, value, name if _is_secret(name) else "", seen)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _spans_of_node(text, item, secret, seen)
    elif secret and isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:str":
        start, end = node.start_mark.index, node.end_mark.index
        if node.style in ("|", ">"):
            start = text.find("\n", start) + 1
        yield _Span(start, end, secret, bare=node.style is None)


def _spans_of_tokens(text: str) -> Iterator[_Span]:
    """Yield the texts behind secret keys of JSON or TOML, and those in lists behind them."""
    secret, depth = "", 0
    tokens = (match for match in _TOKEN.finditer(text) if not match[0].startswith("#"))
    for token, following in pairwise(chain(tokens, (None,))):
        assert token is not None  # None stands at the end alone
        piece, behind = token[0], following[0] if following else ""
        if behind in (":", "=") and piece not in ("]", "}"):
            name = piece.strip("\"'").rpartition(".")[2]
            secret, depth = (name if _is_secret(name) else ""), 0
        elif piece in ("[", "]"):
            depth += 1 if piece == "[" else -1
        elif secret and piece.startswith(('"', "'")):
            yield _Span(token.start(), token.end(), secret)
        if piece in ("{", "}") or (depth <= 0 and not {piece, behind} & {":", "="}):
            secret = ""


def _spans_of_lines(text: str, comments_only: bool, prefixes: bool = False) -> Iterator[_Span]:
    """Yield the values of lines such as ``key = value``, in comments too, with the deeper lines that belong to them."""
    for match in _LINE.finditer(text):
        if not _is_secret(match["key"].rpartition(".")[2], prefixes) or (comments_only and not match["comment"]):
            continue
        start, end = match.span("value")
        value = re.split(r"\s[#;]", match["value"])[0].strip()
        opened = value[:1] in ('"', "'") and value.count(value[0]) == 1
        closing = text.find(value[0], start + 1) if opened else -1
        if closing > 0:
            yield _Span(start, closing + 1, match["key"])
            continue
        further = end if match["comment"] else _end_of_deeper_lines(text, match.start(), end)
        if not _NOT_TEXT.fullmatch(value.rstrip(",")):
            yield _Span(start, further, match["key"])
        elif further > end and not re.match(r"\s*(?:-\s+)?[\w.\"'-]+\s*[:=]", text[end:further]):
            yield _Span(end + 1, further, match["key"])


def _end_of_deeper_lines(text: str, start: int, line_end: int) -> int:
    """Return the end of the lines that are indented deeper than the one from ``start`` to ``line_end``."""
    indent = len(text[start:line_end]) - len(text[start:line_end].lstrip(" \t"))
    deeper = re.compile(rf"(?:\n[ \t]*(?=\n))*\n[ \t]{{{indent + 1},}}\S[^\n]*")
    end = line_end
    while found := deeper.match(text, end):
        end = found.end()
    return end


def _covered(value: str) -> str:
    """Return the mask for a value: its quotes, line ends and indentation stay, so that the file still parses."""
    quotes = next((quote for quote in ('"""', "'''", '"', "'") if value.startswith(quote)), "")
    if quotes and value.endswith(quotes) and len(value) >= 2 * len(quotes):
        inside = value[len(quotes) : len(value) - len(quotes)]
        return quotes + (re.sub(r"[^\s][^\r\n]*", MASK, inside) or MASK) + quotes
    return re.sub(r"[^\s][^\r\n]*", MASK, value)
