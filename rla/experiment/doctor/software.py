"""Python, rla, its packages and the environment variables. Packages are asked for by their metadata, never imported."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterator
from typing import Final

from rla.errors import did_you_mean, printable
from rla.experiment.doctor.check import ERROR, NOTE, OK, WARNING, Check
from rla.experiment.doctor.subject import Subject
from rla.optional import release_numbers
from rla.version import __version__

__all__ = ["EXTRAS", "VARIABLES", "check_packages", "check_python", "check_tensorboard", "check_variables"]

DISTRIBUTION: Final = "RLA"

EXTRAS: Final[dict[str, tuple[str, str]]] = {
    "gymnasium": ("gymnasium", "episodes and videos of environments"),
    "imageio-ffmpeg": ("video", "videos as MP4"),
    "jax": ("jax", "checkpoints of JAX"),
    "nvidia-ml-py": ("gpu", "metrics of graphics cards without a process each"),
    "stable-baselines3": ("sb3", "recording from Stable-Baselines3"),
    "tensorboard": ("tensorboard", "curves in a browser"),
    "tensorflow": ("tensorflow", "checkpoints of TensorFlow"),
    "torch": ("torch", "checkpoints of torch"),
}
"""Package that only some users need → the extra of rla that installs it, and what it is for."""

KNOWN: Final = ("omegaconf", "paramiko")
"""Packages that rla works with, which no extra installs."""

VARIABLES: Final = ("RLA_ALL_RANKS", "RLA_CACHE", "RLA_ROOT", "RLA_STRICT")
"""The environment variables of rla. None of them holds a secret."""

_REQUIREMENT: Final = re.compile(r"([A-Za-z0-9._-]+)\s*(?:>=\s*([\w.]+))?")


def check_python(subject: Subject) -> Iterator[Check]:
    """Tell the versions of Python and rla, and where the interpreter is."""
    python = platform.python_version()
    facts = {"python": python, "rla": __version__, "executable": sys.executable}
    yield Check("Python", OK, f"Python {python}, rla {__version__}, in {sys.prefix}", facts=facts)


def check_packages(subject: Subject) -> Iterator[Check]:
    """Look whether what rla needs is installed and new enough, and which packages are there that some users need."""
    yield _required()
    found = {name: version for name in sorted((*EXTRAS, *KNOWN)) if (version := _version(name))}
    listed = ", ".join(f"{name} {version}" for name, version in found.items())
    yield Check("optional packages", OK, listed or "none is installed", facts=found)
    missing = {name: extra for name, (extra, _) in EXTRAS.items() if name not in found}
    if missing:
        what = ", ".join(f"{name} ({EXTRAS[name][1]})" for name in missing)
        extras = ",".join(sorted(set(missing.values())))
        advice = f"if you want them: pip install '{DISTRIBUTION}[{extras}]', or some of these extras"
        yield Check("not installed", OK, what, advice, missing)


def _required() -> Check:
    from importlib import metadata  # loads the parser of e-mails

    try:
        requirements = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        found = "rla runs from a folder and is not installed; what it needs is not known"
        return Check("packages", NOTE, found, "pip install . (or -e .) in that folder")
    problems, versions = [], {}
    for requirement in requirements:
        match = _REQUIREMENT.match(requirement)
        if ";" in requirement or match is None:  # of an extra, or of other systems
            continue
        name, minimum = match[1], match[2] or ""
        versions[name] = version = _version(name)
        if not version:
            problems.append(f"{name} is not installed")
        elif minimum and release_numbers(version) < release_numbers(minimum):
            problems.append(f"{name} {version} is older than {minimum}")
    if problems:
        return Check("packages", ERROR, ", ".join(problems), f"pip install -U {DISTRIBUTION}", versions)
    return Check("packages", OK, f"the {len(versions)} packages that rla needs are installed", facts=versions)


def _version(name: str) -> str:
    """Return the version of an installed distribution; empty where there is none."""
    from importlib import metadata

    try:
        return str(metadata.version(name) or "of unknown version")
    except metadata.PackageNotFoundError:
        return ""


def check_tensorboard(subject: Subject) -> Iterator[Check]:
    """Look whether the program that shows the event files is there."""
    version = _version("tensorboard")
    if version:
        yield Check("TensorBoard", OK, f"tensorboard {version}", facts={"version": version})
    else:
        found = "not installed; events are written all the same, and can be looked at elsewhere"
        yield Check("TensorBoard", NOTE, found, f"pip install '{DISTRIBUTION}[tensorboard]'")


def check_variables(subject: Subject) -> Iterator[Check]:
    """Tell the environment variables of rla that are set; of those it doesn't know, only the names."""
    ours = {name: printable(value) for name in VARIABLES if (value := os.environ.get(name)) is not None}
    foreign = sorted(name for name in os.environ if name.startswith("RLA_") and name not in VARIABLES)
    shown = ", ".join(f"{name}={value}" for name, value in ours.items())
    yield Check("variables", OK, shown or f"none of {', '.join(VARIABLES)} is set", facts=ours)
    for name in foreign:
        known = did_you_mean(name, VARIABLES).strip()
        found = f"{printable(name)} is set, which means nothing to rla"
        yield Check("variables", WARNING if known else NOTE, found, known)
