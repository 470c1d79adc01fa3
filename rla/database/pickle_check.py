"""What a pickle would do, found out from its opcodes before it is loaded.

An unpickler that refuses foreign classes still builds whatever plain data it is told to: a table of a gigabyte from ten
bytes, or tuples in each other so deeply that hashing them ends the process.
"""

from __future__ import annotations

import functools
from collections.abc import Sized
from typing import Any, Final

from rla.errors import UntrustedPickleError

__all__ = ["Budget", "check_pickle"]

_OBJECT_BYTES: Final = 64
_SPECIAL_BYTES: Final = {"EMPTY_SET": 224, "GLOBAL": 2048, "STACK_GLOBAL": 2048, "INST": 2048}
"""About how much memory the object takes that an opcode makes; all others take less than `_OBJECT_BYTES`."""

_DEEPEST: Final = 1_000
"""So deeply may values be in each other: hashing a tuple takes a little of the stack for each level."""

_MANY: Final = 5_000
"""Depths are found out only where there are so many tuples or calls: fewer cannot do harm."""

_COPIES: Final = {"GET", "BINGET", "LONG_BINGET", "DUP", "MARK"}
_PUTS: Final = {"PUT", "BINPUT", "LONG_BINPUT"}
_EXTENSIONS: Final = {"EXT1", "EXT2", "EXT4"}
_NESTING: Final = {"TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "FROZENSET", "REDUCE", "NEWOBJ", "NEWOBJ_EX", "INST", "OBJ"}
_TWO_LINES: Final = -9
_LENGTH_BYTES: Final = {-2: 1, -3: 4, -4: 4, -5: 8}
"""Kinds of arguments that begin with their length, as `pickletools` numbers them, and how many bytes that has."""

_FILLING: Final = {"APPEND", "APPENDS", "SETITEM", "SETITEMS", "ADDITEMS", "BUILD"}


class Budget:
    """The memory that a pickle may still take.

    Args:
        size: bytes.
    """

    def __init__(self, size: int) -> None:
        self._size = self._left = size

    def spend(self, size: int) -> None:
        """Take some of it.

        Raises:
            ValueError: there is not so much left.
        """
        self._left -= size
        if self._left < 0:
            raise ValueError(f"its content would take more than {self._size >> 20} MiB of memory")

    def spend_on(self, *arguments: Any) -> None:
        """Take what copies of containers take."""
        for each in arguments:
            if isinstance(each, Sized):
                self.spend(len(each) * (4 if isinstance(each, (str, bytes, bytearray)) else _OBJECT_BYTES))


@functools.lru_cache(maxsize=1)
def _opcodes() -> list[tuple[str, int, int]]:
    """Return name, length of the argument and memory of each opcode by its byte; a negative length is one of a kind."""
    import pickletools

    table = [("", 0, 0)] * 256
    for found in pickletools.opcodes:
        length = found.arg.n if found.arg is not None else 0
        if found.arg is pickletools.stringnl_noescape_pair:
            length = _TWO_LINES
        makes = bool(found.stack_after) and found.name not in _COPIES | _FILLING
        table[ord(found.code)] = (found.name, length, _SPECIAL_BYTES.get(found.name, _OBJECT_BYTES * makes))
    return table


def check_pickle(content: bytes, path: str, budget: Budget) -> None:
    """Refuse a pickle that would take too much memory, or wants what only its opcodes show.

    Args:
        content: the pickle.
        path: its file, for the message.
        budget: the memory it may take.

    Raises:
        UntrustedPickleError: it wants something that was registered with `copyreg`.
        ValueError: it is no whole pickle, or takes too much.
    """
    opcodes, position, reduced = _opcodes(), 0, 0
    while True:
        if position >= len(content):
            raise ValueError("it is cut short")
        name, length, memory = opcodes[content[position]]
        begin = position + 1
        if length >= 0:
            position = begin + length
        elif length in _LENGTH_BYTES:
            begin += _LENGTH_BYTES[length]
            position = begin + int.from_bytes(content[position + 1 : begin], "little")
        else:
            position = content.find(b"\n", begin) + 1
            if length == _TWO_LINES:
                position = content.find(b"\n", position) + 1 if position else 0
        if not name or not position:
            raise ValueError(f"it is no pickle, or damaged at byte {begin - 1}")
        if name == "STOP":
            break
        budget.spend(memory)
        if name in _PUTS:
            _check_memo(content[begin:position], is_text=name == "PUT", most=len(content))
        elif name in _EXTENSIONS:
            number = int.from_bytes(content[begin:position], "little")
            raise UntrustedPickleError(path, f"extension {number} of copyreg")
        reduced += name in _NESTING
    if reduced > _MANY:
        _check_depth(content)


def _check_memo(argument: bytes, is_text: bool, most: int) -> None:
    """Refuse a number of the memo that is larger than the pickle: the memo is a table with a place for each number."""
    number = int(argument) if is_text else int.from_bytes(argument, "little")
    if not 0 <= number <= most:
        raise ValueError(f"it is no pickle that any tool writes: it remembers an object as number {number}")


def _check_depth(content: bytes) -> None:
    """Refuse values that are in each other too deeply, by going through the opcodes with depths in place of values."""
    import pickletools

    stack: list[list[int] | None] = []  # None is a mark; what is still filled has a depth that grows
    memo: dict[Any, list[int] | None] = {}
    for opcode, argument, _ in pickletools.genops(content):
        name, before = opcode.name, opcode.stack_before
        if name in _PUTS or name == "MEMOIZE":
            memo[len(memo) if name == "MEMOIZE" else argument] = stack[-1]
            continue
        if name in ("GET", "BINGET", "LONG_BINGET"):
            stack.append(memo[argument])
            continue
        if name in ("MARK", "DUP"):
            stack.append(None if name == "MARK" else stack[-1])
            continue
        taken: list[list[int] | None] = []
        fixed = len(before)
        if pickletools.markobject in before:
            fixed = before.index(pickletools.markobject)
            while (item := stack.pop()) is not None:
                taken.append(item)
        taken += [stack.pop() for _ in range(fixed)]
        filled = taken.pop() if name in _FILLING else None
        depth = 1 + max((each[0] for each in taken if each), default=0)
        if depth > _DEEPEST:
            raise ValueError(f"values are nested more than {_DEEPEST} deep")
        if filled is not None:
            filled[0] = max(filled[0], depth)
            stack.append(filled)
        else:
            stack += [[depth] for _ in opcode.stack_after]
