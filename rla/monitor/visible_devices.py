"""Which graphics cards CUDA shows to a process, and how it numbers them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

__all__ = ["VISIBLE_DEVICES_VARIABLE", "visible_devices"]

VISIBLE_DEVICES_VARIABLE: Final = "CUDA_VISIBLE_DEVICES"

PART_OF_A_CARD: Final = "MIG-"


def visible_devices(uuids: Sequence[str], asked: str | None) -> list[int | str]:
    """Return the cards that a process sees, in the order in which it numbers them.

    As the CUDA programming guide says (appendix "Environment variables", CUDA_VISIBLE_DEVICES): indices or beginnings
    of UUIDs; what stands behind an entry that is not valid does not count; an empty text shows none. A card that is
    named twice leaves none, as torch has it.

    Args:
        uuids: those of the machine's cards, in the order of nvidia-smi.
        asked: the value of ``CUDA_VISIBLE_DEVICES``; None where it is not set.

    Returns:
        For each card its index in ``uuids``; for a part of a card (MIG) the name that it was asked for by.
    """
    if asked is None:
        return list(range(len(uuids)))
    visible: list[int | str] = []
    for entry in asked.split(","):
        device = _device(entry.strip(), uuids)
        if device is None:
            break
        visible.append(device)
    return visible if len(set(visible)) == len(visible) else []


def _device(entry: str, uuids: Sequence[str]) -> int | str | None:
    if entry.startswith(PART_OF_A_CARD):
        return entry
    if entry.isascii() and entry.isdigit() and len(entry) < 10:
        return int(entry) if int(entry) < len(uuids) else None
    matches = [index for index, uuid in enumerate(uuids) if entry and uuid.startswith(entry)]
    return matches[0] if len(matches) == 1 else None
