"""The contract of a checkpoint saver: how one framework writes its weights into a file and reads them again."""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Protocol

__all__ = ["CheckpointSaver", "FolderSaver", "Stream"]


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
