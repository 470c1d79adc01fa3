"""What a transfer did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["SyncReport", "readable_bytes"]


@dataclass
class SyncReport:
    """What a transfer did, file by file.

    Attributes:
        remote: address of the other end, without a password; empty where nobody answered.
        moved: paths below the data root of the files that travelled.
        bytes: how many bytes of them travelled.
        unchanged: how many files were there already.
        unfinished: paths of files of which a part has travelled; the next transfer goes on with them.
        problems: path → why it did not travel.
        notices: what people should know besides, such as links that were left out.
        seconds: how long it took.
    """

    remote: str = ""
    moved: list[str] = field(default_factory=list)
    bytes: int = 0
    unchanged: int = 0
    unfinished: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def complete(self) -> bool:
        """Whether everything is at the other end now."""
        return not self.unfinished and not self.problems

    def __str__(self) -> str:
        parts = [f"{len(self.moved)} files ({readable_bytes(self.bytes)})", f"{self.unchanged} unchanged"]
        if self.unfinished:
            parts.append(f"{len(self.unfinished)} unfinished")
        if self.problems:
            first, problem = next(iter(self.problems.items()))
            parts.append(f"{len(self.problems)} failed, such as '{first}': {problem}")
        return f"{self.remote or 'nobody'}: {', '.join(parts)}"

    def add(self, others: Sequence[SyncReport]) -> None:
        """Count in what other transfers did."""
        for other in others:
            self.remote = self.remote or other.remote
            self.moved += other.moved
            self.bytes += other.bytes
            self.unchanged += other.unchanged
            self.unfinished += other.unfinished
            self.problems |= other.problems
            self.notices += other.notices


def readable_bytes(count: float) -> str:
    """Return a number of bytes for people: ``1.5 MiB``."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"
