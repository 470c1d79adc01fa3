"""What an expression says, as a tree of plain records that remember where they stand in its text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rla.errors import ExpressionError

__all__ = ["AllOf", "AnyOf", "Comparison", "Expression", "Key", "Node", "Not", "Value"]


@dataclass(frozen=True)
class Key:
    """The name of a value: ``kind`` is ``run``, ``params``, ``last``, or None where the expression does not say."""

    kind: str | None
    name: str
    begin: int
    end: int


@dataclass(frozen=True)
class Value:
    """The right side of a comparison, as it was written; the key's type says how it is read."""

    text: str
    is_quoted: bool
    begin: int
    end: int


@dataclass(frozen=True)
class Comparison:
    """A key, an operator and values.

    Attributes:
        key: the left side.
        operator: ``==``, ``!=``, ``<``, ``<=``, ``>``, ``>=``, ``~``, ``!~``, ``in``, ``not in``, or nothing where the
            key stands alone.
        values: one; several of ``in``; none where the key stands alone.
    """

    key: Key
    operator: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Not:
    """The opposite of a node."""

    part: Node


@dataclass(frozen=True)
class AllOf:
    """True when all parts are: ``and``."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class AnyOf:
    """True when any part is: ``or``."""

    parts: tuple[Node, ...]


Node = Comparison | Not | AllOf | AnyOf


@dataclass(frozen=True)
class Expression:
    """A parsed expression.

    Attributes:
        text: as it was written.
        root: what it says.
    """

    text: str
    root: Node

    def keys(self) -> tuple[str, ...]:
        """Return the names of the keys that it compares, with the kind where one is given, in order of appearance."""
        keys = (comparison.key for comparison in _comparisons(self.root))
        return tuple(dict.fromkeys(f"{key.kind}.{key.name}" if key.kind else key.name for key in keys))

    def error(self, problem: str, place: Key | Value) -> ExpressionError:
        """Return an error that points at a key or value."""
        return ExpressionError(problem, self.text, place.begin, place.end)


def _comparisons(node: Node) -> Iterator[Comparison]:
    if isinstance(node, Comparison):
        yield node
    else:
        for part in (node.part,) if isinstance(node, Not) else node.parts:
            yield from _comparisons(part)
