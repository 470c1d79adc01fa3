"""What a run runs with: the packages that are installed and the hardware, told without importing or starting anything.

Both are read from the file system, so that they cost a start a few milliseconds.
"""

from __future__ import annotations

import contextlib
import os
import platform
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Final

from rla import files

__all__ = ["hardware", "installed_packages"]

_INSTALLED: Final = re.compile(r"(?P<name>.+?)-(?P<version>[^-]+)(?:-py[\d.]+.*)?\.(?:dist-info|egg-info)")
"""Folder of an installed distribution: PEP 376, PEP 427 and the older eggs."""

_NVIDIA: Final = Path("/proc/driver/nvidia")


def installed_packages() -> dict[str, str]:
    """Return the versions of all distributions that this process could import, by normalised name (PEP 503)."""
    found: dict[str, str] = {}
    for folder in dict.fromkeys(sys.path):
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        for name in names:
            match = _INSTALLED.fullmatch(name)
            if match:
                distribution, version = match["name"], match["version"]
            elif name.endswith(".egg-info"):  # installed in place
                distribution = name.removesuffix(".egg-info")
                version = _first(f"{folder or '.'}/{name}/PKG-INFO", r"(?m)^Version:\s*(\S+)")
            else:
                continue
            found.setdefault(re.sub(r"[-_.]+", "-", distribution).lower(), version)
    return dict(sorted(found.items()))


def hardware() -> dict[str, Any]:
    """Return the machine's processor, cores, memory and graphics cards, as far as the system tells them.

    Returns:
        ``system``, ``cpu``, ``cores`` (those that this process may use), ``memory_gib``, ``gpus`` (names) and
        ``gpu_driver``; what is not known is left out.
    """
    import psutil

    facts: dict[str, Any] = {"system": f"{platform.system()} {platform.release()} {platform.machine()}"}
    if cpu := _first("/proc/cpuinfo", r"model name\s*:\s*(.+)") or platform.processor():
        facts["cpu"] = cpu
    facts["cores"] = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    with contextlib.suppress(OSError, psutil.Error):
        facts["memory_gib"] = round(psutil.virtual_memory().total / 2**30, 1)
    cards = [_first(_NVIDIA / "gpus" / card / "information", r"Model:\s*(.+)") for card in _cards()]
    if cards:
        facts["gpus"] = [f"{count} x {name}" if count > 1 else name for name, count in Counter(cards).items()]
        facts["gpu_driver"] = _first(_NVIDIA / "version", r"Kernel Module.*?\s(\d[\d.]+)")
    return facts


def _cards() -> list[str]:
    return files.subfolders(_NVIDIA / "gpus")


def _first(path: str | Path, pattern: str) -> str:
    """Return what the pattern's group finds in a file of the system; empty when there is neither."""
    try:
        match = re.search(pattern, Path(path).read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return ""
    return match[1].strip() if match else ""
