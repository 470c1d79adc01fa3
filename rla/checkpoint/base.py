"""The contract of a checkpoint saver: how one framework writes its weights into a file and reads them again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Protocol

__all__ = ["CheckpointSaver", "Stream"]


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

    def remark(self, content: dict[str, Any]) -> str | None:
        """Return what people should know of content that can be saved, but will be hard to load; None for all fine."""
        return None
