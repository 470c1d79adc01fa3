"""The configuration file: can it be read, and does it mean something? No value that may be a secret is shown."""

from __future__ import annotations

import stat
import warnings
from collections.abc import Iterator
from dataclasses import replace

from rla.checkpoint.registry import check_framework
from rla.config import KEYS, Settings, load_settings
from rla.errors import ConfigError, RLAWarning, did_you_mean, printable
from rla.experiment.doctor.check import ERROR, NOTE, OK, WARNING, Check
from rla.experiment.doctor.subject import Subject
from rla.output.registry import format_names, is_format

__all__ = ["check_configuration"]

_FILE = "rla_config.yaml"


def check_configuration(subject: Subject) -> Iterator[Check]:
    """Read the configuration, and each of its keys."""
    path = subject.config_file
    if path is None:
        yield Check(_FILE, OK, "none in this folder or above it; a training script may name its own")
        return
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            settings = load_settings(path)
        except (ConfigError, OSError) as error:
            yield Check(_FILE, ERROR, " ".join(str(error).split()), "correct it: no experiment can be set up with it")
            return
    problems = [str(warning.message) for warning in told if issubclass(warning.category, RLAWarning)]
    checks = [Check(_FILE, WARNING, problem) for problem in problems]
    checks += [*_values(settings), *_formats(settings), *_permissions(settings)]
    yield Check(_FILE, OK, f"{printable(str(path))} can be read", facts={"path": str(path)})
    for check in checks:
        yield replace(check, found=printable(check.found.replace(settings.source, "it")))


def _values(settings: Settings) -> Iterator[Check]:
    problems = []
    for key in KEYS:
        try:
            settings.get(key)
        except ConfigError as error:
            problems.append(str(error))
    try:
        check_framework(settings.framework, settings.source)
    except ConfigError as error:
        problems.append(str(error))
    yield from (Check(_FILE, ERROR, problem) for problem in dict.fromkeys(problems))


def _formats(settings: Settings) -> Iterator[Check]:
    try:
        unknown = [name for name in settings.log_used if not is_format(name)]
    except ConfigError:  # it is told already
        return
    for name in unknown:
        known = format_names()
        advice = f"those there are: {', '.join(known)}; or the script registers it before `configure`"
        found = f"LOG_USED names the format '{printable(name)}', which is not there.{did_you_mean(name, known)}"
        yield Check(_FILE, WARNING, found, advice)


def _permissions(settings: Settings) -> Iterator[Check]:
    """A password that others may read is no secret."""
    section = settings.raw.get("REMOTE_SETTING")
    if not (isinstance(section, dict) and section.get("password")) or settings.file is None:
        return
    from pathlib import Path

    mode = Path(settings.file).stat().st_mode
    if mode & (stat.S_IRGRP | stat.S_IROTH):
        yield Check(_FILE, NOTE, "it has a password, and other users may read it", f"chmod 600 {settings.file}")
