"""Secrets in YAML: found by its parser, which knows where each value begins and ends."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from typing import Any, Final

from rla.names import MASK
from rla.snapshot.masking.lines import spans_of_lines
from rla.snapshot.masking.spans import COMMENT, NUMBER, Span, covered, is_secret, spans_of_comment

__all__ = ["spans_of_yaml"]

_PROPERTIES: Final = re.compile(r"(?:[&!]\S*\s+)*")
"""Anchor and tag in front of a value."""

_NUMBER_TAGS: Final = {f"tag:yaml.org,2002:{kind}" for kind in ("int", "float", "bool", "null")}


def spans_of_yaml(text: str) -> Iterator[Span]:
    """Yield the texts behind secret keys, and those in lists and mappings behind them; then those in comments."""
    import yaml

    scalars: list[tuple[int, int]] = []
    try:
        documents = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
        spans = [span for document in documents for span in _spans_of_node(text, document, "", set(), scalars)]
    except (yaml.YAMLError, RecursionError):  # a template, say
        return spans_of_lines(text, yaml=True)
    scalars.sort()
    for comment in COMMENT.finditer(text):
        before = bisect.bisect_right(scalars, (comment.start(), len(text)))
        if before == 0 or scalars[before - 1][1] <= comment.start():  # a # inside a text is none
            spans += spans_of_comment(text, *comment.span())
    return iter(spans)


def _spans_of_node(
    text: str, node: Any, secret: str, seen: set[tuple[int, str]], scalars: list[tuple[int, int]]
) -> Iterator[Span]:
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
            yield from _spans_of_node(text, value, name if is_secret(name) else secret, seen, scalars)
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
            yield Span(start, end, secret, re.sub(r"\S[^\r\n]*", MASK, text[start:end]))
        elif node.style is None:
            yield Span(start, end, secret, f'"{covered(text[start:end])}"')
        else:
            yield Span(start, end, secret, node.style + covered(text[start + 1 : end - 1]) + node.style)


def _is_number(node: Any) -> bool:
    return node.tag in _NUMBER_TAGS or (node.style is None and NUMBER.fullmatch(node.value) is not None)
