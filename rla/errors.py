"""Every error and warning that rla raises.

    RLAError
    ├── NotConfiguredError            (also RuntimeError)    a step of the set-up is missing
    ├── ConfigError                   (also ValueError)      rla_config.yaml cannot be used
    │   ├── ConfigNotFoundError       (also FileNotFoundError)
    │   ├── ConfigSyntaxError
    │   └── ConfigValueError
    ├── DataRootError                 (also OSError)         the database folder cannot be used
    ├── InvalidNameError              (also ValueError)      a task name that is no folder name
    ├── UnknownParameterError         (also KeyError)        a hyper-parameter that was never set
    ├── QueryError                    (also ValueError)      a pattern or tree that cannot be used
    │   ├── ExperimentNotFoundError   (also AssertionError)
    │   └── AmbiguousExperimentError  (also AssertionError)
    ├── UntrustedPickleError          a pickle that wants more than plain data
    ├── CheckpointError               a checkpoint that cannot be saved or loaded
    │   └── CheckpointNotFoundError   (also FileNotFoundError)
    ├── RunIsAliveError               a repair of a run that still writes
    ├── JournalVersionError           (also OSError)         a journal that another version of rla has written
    ├── RecordingError                something failed while recording; raised with RLA_STRICT=1 alone
    └── MissingPackageError           (also ImportError)     an optional package is not installed, or too old

    RLAWarning                        (a UserWarning)        something was left out or retried; training goes on

Messages are built here, so that all of them say what was expected, what came, and what to do.
"""

from __future__ import annotations

import contextlib
import difflib
import warnings
from collections.abc import Iterable, Sequence

__all__ = [
    "AmbiguousExperimentError",
    "CheckpointError",
    "CheckpointNotFoundError",
    "ConfigError",
    "ConfigNotFoundError",
    "ConfigSyntaxError",
    "ConfigValueError",
    "DataRootError",
    "ExperimentNotFoundError",
    "InvalidNameError",
    "JournalVersionError",
    "MissingPackageError",
    "NotConfiguredError",
    "QueryError",
    "RLAError",
    "RLAWarning",
    "RecordingError",
    "RunIsAliveError",
    "UnknownParameterError",
    "UntrustedPickleError",
    "did_you_mean",
    "printable",
    "warn_quietly",
]


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """Return a sentence that suggests the candidate nearest to ``name``, or an empty text."""
    known = list(candidates)
    match = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if not match:
        by_lower_case = {candidate.lower(): candidate for candidate in known}
        match = [
            by_lower_case[near] for near in difflib.get_close_matches(name.lower(), by_lower_case, n=1, cutoff=0.6)
        ]
    return f" Did you mean '{match[0]}'?" if match else ""


def printable(text: str) -> str:
    """Return a text as one line that any terminal takes, without its control characters."""
    encoded = text.encode("utf-8", "backslashreplace").decode()
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in encoded)


class RLAError(Exception):
    """The base of all errors of rla."""


class RLAWarning(UserWarning):
    """Something was left out or put off; the training goes on."""


def warn_quietly(problem: str) -> None:
    """Warn of something that must not end the training, not even where warnings are errors."""
    with contextlib.suppress(RLAWarning):
        warnings.warn(f"rla: {problem}", RLAWarning, stacklevel=3)


class NotConfiguredError(RLAError, RuntimeError):
    """A call came before the set-up that it needs."""

    def __init__(self, call: str, needed: str) -> None:
        super().__init__(f"{call} needs more than was set up. Call {needed} first.")


class ConfigError(RLAError, ValueError):
    """The configuration cannot be used."""


class ConfigNotFoundError(ConfigError, FileNotFoundError):
    """The configuration file does not exist."""

    def __init__(self, path: str) -> None:
        ConfigError.__init__(
            self,
            f"There is no configuration file at '{path}'. Give the path of a rla_config.yaml "
            "(start from the template example/rla_config.yaml), or a dict with the same keys.",
        )

    def __str__(self) -> str:
        return str(self.args[0])


class ConfigSyntaxError(ConfigError):
    """The configuration file is no valid YAML."""

    def __init__(self, path: str, line: int, column: int, text: str, problem: str) -> None:
        pointer = " " * (column - 1) + "^"
        super().__init__(
            f"'{path}' is not valid YAML: {problem} (line {line}, column {column}).\n"
            f"  {line} | {text}\n  {' ' * len(str(line))} | {pointer}"
        )


class ConfigValueError(ConfigError):
    """A key of the configuration that is needed has no value, or a wrong one."""

    def __init__(self, key: str, source: str, came: object, expected: str, hint: str = "") -> None:
        came_text = "nothing" if came is None else repr(came)
        super().__init__(f"{key} in {source} is {came_text}; expected {expected}.{hint}")


class DataRootError(RLAError, OSError):
    """The data root cannot be read or written."""

    def __init__(self, path: str, problem: str, advice: str) -> None:
        RLAError.__init__(self, f"The data root '{path}' cannot be used: {problem}. {advice}")

    def __str__(self) -> str:
        return str(self.args[0])


class InvalidNameError(RLAError, ValueError):
    """A task table name that cannot be a folder inside the data root."""

    def __init__(self, name: object, problem: str) -> None:
        super().__init__(
            f"The task table name {name!r} cannot be used: {problem}. Use a plain name such as 'demo_task' "
            "(or several joined by '/'), without '..', without a leading '/'."
        )


class UnknownParameterError(RLAError, KeyError):
    """A hyper-parameter that is to be tracked was never set."""

    def __init__(self, key: str, known: Sequence[str]) -> None:
        listed = ", ".join(known) if known else "none: call exp_manager.set_hyper_param(...) first"
        RLAError.__init__(
            self,
            f"There is no hyper-parameter '{key}'.{did_you_mean(key, known)} Those there are: {listed}.",
        )

    def __str__(self) -> str:  # a KeyError would show the message as a quoted repr
        return str(self.args[0])


class QueryError(RLAError, ValueError):
    """A question to the database that cannot be answered."""


class ExperimentNotFoundError(QueryError, AssertionError):
    """No experiment answers to this name."""


class AmbiguousExperimentError(QueryError, AssertionError):
    """Several experiments answer to a name that should mean one."""

    def __init__(self, asked: str, matches: Sequence[str], hint: str = "") -> None:
        listed = "\n  ".join(matches)
        super().__init__(f"'{asked}' names {len(matches)} experiments; expected exactly one.{hint}\n  {listed}")


class UntrustedPickleError(RLAError):
    """A pickle asks for a class or function that is not plain data."""

    def __init__(self, path: str, wanted: str, read: str = "plain containers, numpy arrays and dates") -> None:
        super().__init__(
            f"'{path}' was not read: it wants {wanted}, and loading that could run code. "
            f"Only {read} are read. If the file is your own, pass trust=True."
        )


class CheckpointError(RLAError):
    """A checkpoint cannot be saved or loaded."""


class CheckpointNotFoundError(CheckpointError, FileNotFoundError):
    """There is no such checkpoint."""

    def __str__(self) -> str:
        return str(self.args[0])


class RunIsAliveError(RLAError):
    """A run cannot be repaired while its process still writes."""

    def __init__(self, directory: str) -> None:
        super().__init__(f"'{directory}' is still written by its run; it can be repaired once that process has ended.")


class JournalVersionError(RLAError, OSError):
    """A journal that another version of rla has written."""

    def __init__(self, path: str, came: int, expected: int) -> None:
        RLAError.__init__(
            self,
            f"'{path}' is a journal of format {came}; this version of rla reads format {expected}. Its rows are safe "
            f"there: read or repair it with the version that wrote it (rla_version in experiment.json).",
        )

    def __str__(self) -> str:
        return str(self.args[0])


class RecordingError(RLAError):
    """Something failed while recording, and the environment says that this shall end the training."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"{problem}. It is raised because RLA_STRICT=1; without that it is a warning.")


class MissingPackageError(RLAError, ImportError):
    """An optional package is not installed, or too old."""

    def __init__(self, package: str, extra: str, minimum: str = "", came: str = "") -> None:
        wanted = f"'{package}' {minimum} or newer" if minimum else f"'{package}'"
        what_is = f"and {came} is installed: pip install -U" if came else "which is not installed: pip install"
        super().__init__(f"This needs the package {wanted}, {what_is} 'RLA[{extra}]'")
