"""The contract of a checkpoint saver: how one framework writes its weights into a file and reads them again."""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from copy import copy
from typing import Any, ClassVar, Final, Protocol

from rla.errors import CheckpointError

__all__ = ["CheckpointSaver", "FolderSaver", "Stream", "part_of"]

_SHOWN: Final = 8


class Stream(Protocol):
    """What a checkpoint is written into: a file that grows from its beginning to its end."""

    def write(self, data: bytes, /) -> int:
        """Write all of ``data`` behind what is there."""
        ...

    def flush(self) -> None:
        """Do nothing: each write goes to the kernel at once."""
        ...


class CheckpointSaver(ABC):
    """Writes and reads checkpoints of one framework.

    To add one: derive from this class, run `rla.testing.checkpoint.CheckpointContract` on it, and name it in
    `rla.checkpoint.registry` or, from another package, by the entry point group ``rla_checkpoint_savers``.
    Files, names, order and safety on the disk are not its business.

    Attributes:
        suffix: end of its files' names, e.g. ``.pt``.
    """

    suffix: ClassVar[str]

    @abstractmethod
    def write(self, content: dict[str, Any], stream: Stream) -> None:
        """Write a checkpoint.

        Raises:
            Exception: whatever its framework raises for content that it cannot write.
        """

    @abstractmethod
    def read(self, path: str, trust: bool) -> Any:
        """Read a checkpoint.

        Args:
            path: the file.
            trust: whether code in the file may run.

        Raises:
            UntrustedPickleError: the file wants to run code, and is not trusted.
            Exception: whatever its framework raises for a file that is damaged.
        """

    def read_part(self, path: str, trust: bool, prefix: str) -> Any:
        """Read what has names that begin with a prefix, as `part_of` does.

        A framework that loads into variables of its own overrides this, and changes no others.

        Args:
            path: the file.
            trust: whether code in the file may run.
            prefix: how the names begin.

        Raises:
            UntrustedPickleError: the file wants to run code, and is not trusted.
            CheckpointError: no name begins so; the message lists those there are.
            Exception: whatever its framework raises for a file that is damaged.
        """
        return part_of(self.read(path, trust), prefix, path)

    def frozen(self, content: dict[str, Any]) -> Callable[[Any], None]:
        """Return a function that writes the content as it is now, whatever the training makes of it meanwhile.

        It is given what `write` is given, in another thread. Without further ado the checkpoint is written into memory
        here; a saver that copies faster than it writes overrides this.

        Raises:
            Exception: whatever its framework raises for content that it cannot write.
        """
        whole = io.BytesIO()
        self.write(content, whole)

        def write(stream: Stream) -> None:
            stream.write(whole.getvalue())

        return write

    def remark(self, content: dict[str, Any]) -> str | None:
        """Return what people should know of content that can be saved, but will be hard to load; None for all fine."""
        return None

    def begin(self, var_prefix: str | None) -> None:
        """Be told that a series of checkpoints begins: what `new_saver` was given for graphs that are made only once.

        Args:
            var_prefix: how the names begin of the variables to save; all when None or empty.
        """
        return None


class FolderSaver(CheckpointSaver):
    """Writes checkpoints of several files, which lie in a folder of their own; see `rla.checkpoint.staging`."""

    @abstractmethod
    def write_files(self, content: dict[str, Any], prefix: str) -> None:
        """Write the files of a checkpoint.

        Args:
            content: what to write.
            prefix: path with which the path of each file begins; its folder is empty.

        Raises:
            Exception: whatever its framework raises for content that it cannot write.
        """

    @abstractmethod
    def frozen(self, content: dict[str, Any]) -> Callable[[str], None]:
        """Return a function that writes the content as it is now; it is given a prefix as `write_files` is."""

    def write(self, content: dict[str, Any], stream: Stream) -> None:
        """Refuse: one file does not hold such a checkpoint."""
        raise TypeError(f"{type(self).__name__} writes several files, by write_files()")


def part_of(content: Any, prefix: str, path: str) -> Any:
    """Return those entries of a checkpoint whose names begin with a prefix.

    Args:
        content: what was saved, by name; an entry inside of a dict has the dict's name, a dot, and its own, such as
            ``policy.encoder.weight`` of ``{"policy": policy.state_dict()}``.
        prefix: how the names begin.
        path: the file, for messages.

    Raises:
        CheckpointError: no name begins so; the message lists those there are.
    """
    kept = _part(content, prefix, "") if isinstance(content, dict) else None
    if kept or content == {}:
        return kept
    names = list(_names(content)) or [f"one {type(content).__name__}, without names"]
    shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else "")
    raise CheckpointError(f"Nothing in '{path}' has a name that begins with '{prefix}'; there is: {shown}.")


def _part(content: dict[Any, Any], prefix: str, above: str) -> dict[Any, Any]:
    kept = copy(content)  # not a new dict: a state dict of torch has attributes
    for key, value in content.items():
        name = f"{above}{key}"
        if name.startswith(prefix):
            continue
        inside = prefix.startswith(f"{name}.") and isinstance(value, dict) and _part(value, prefix, f"{name}.")
        if inside:
            kept[key] = inside
        else:
            del kept[key]
    return kept


def _names(content: Any, above: str = "") -> Iterator[str]:
    """Yield the names of all that is no dict."""
    for key, value in content.items() if isinstance(content, dict) else ():
        if isinstance(value, dict) and value:
            yield from _names(value, f"{above}{key}.")
        else:
            yield f"{above}{key}"
