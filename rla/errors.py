"""Every error and warning that rla raises.

    RLAError
    ├── NotConfiguredError            (also RuntimeError)    a step of the set-up is missing
    ├── ConfigError                   (also ValueError)      rla_config.yaml cannot be used
    │   ├── ConfigNotFoundError       (also FileNotFoundError)
    │   ├── ConfigSyntaxError
    │   └── ConfigValueError
    ├── DataRootError                 (also OSError)         the database folder cannot be used
    ├── InvalidNameError              (also ValueError)      a task name that is no folder name
    ├── InvalidTagError               (also ValueError)      a tag that is none
    ├── UnknownParameterError         (also KeyError)        a hyper-parameter that was never set
    ├── QueryError                    (also ValueError)      a pattern or tree that cannot be used
    │   ├── ExpressionError                                  an expression that cannot be read; says where
    │   │   └── UnknownKeyError                              a key that no experiment has
    │   ├── ExperimentNotFoundError   (also AssertionError)
    │   └── AmbiguousExperimentError  (also AssertionError)
    ├── UntrustedPickleError          a pickle that wants more than plain data
    ├── CheckpointError               a checkpoint that cannot be saved or loaded
    │   └── CheckpointNotFoundError   (also FileNotFoundError)
    ├── RunIsAliveError               a repair of a run that still writes
    ├── BatchError                    a batch operation that cannot be begun, or taken back
    ├── SyncError                     (also OSError)         something that could not travel between machines
    │   ├── UnreachableError                                 no answer, or the connection was cut: trying again may help
    │   ├── LoginRefusedError                                the other end does not accept user, password or key
    │   └── HostKeyError                                     the other end is unknown, or has another key than before
    ├── JournalVersionError           (also OSError)         a journal that another version of rla has written
    ├── RecordingError                something failed while recording; raised with RLA_STRICT=1 alone
    └── MissingPackageError           (also ImportError)     an optional package is not installed, or too old

    RLAWarning                        (a UserWarning)        something was left out or retried; training goes on

Messages are built here, so that all of them say what was expected, what came, and what to do.
"""

from __future__ import annotations

import contextlib
import difflib
import re
import unicodedata
import warnings
from collections.abc import Iterable, Sequence
from typing import Final

__all__ = [
    "AmbiguousExperimentError",
    "BatchError",
    "CheckpointError",
    "CheckpointNotFoundError",
    "ConfigError",
    "ConfigNotFoundError",
    "ConfigSyntaxError",
    "ConfigValueError",
    "DataRootError",
    "ExperimentNotFoundError",
    "ExpressionError",
    "HostKeyError",
    "InvalidNameError",
    "InvalidTagError",
    "JournalVersionError",
    "LoginRefusedError",
    "MissingPackageError",
    "NotConfiguredError",
    "QueryError",
    "RLAError",
    "RLAWarning",
    "RecordingError",
    "RunIsAliveError",
    "SyncError",
    "UnknownParameterError",
    "UnreachableError",
    "UntrustedPickleError",
    "did_you_mean",
    "printable",
    "warn_quietly",
]


def did_you_mean(name: object, candidates: Iterable[str]) -> str:
    """Return a sentence that suggests the candidate nearest to ``name``, or an empty text; to no text none is near.

    Compared are the names as they are, then in small letters, then their last parts: ``retrun`` is near `eval/return`.
    """
    if not isinstance(name, str):
        return ""
    known = list(candidates)
    lower = {candidate.lower(): candidate for candidate in known}
    last = {re.split(r"[./]", candidate)[-1]: whole for candidate, whole in lower.items()}
    for asked, by_form in ((name, {each: each for each in known}), (name.lower(), lower), (name.lower(), last)):
        if match := difflib.get_close_matches(asked, by_form, n=1, cutoff=0.6):
            return f" Did you mean '{by_form[match[0]]}'?"
    return ""


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


class InvalidTagError(RLAError, ValueError):
    """A text that cannot be a tag."""

    def __init__(self, tag: object, problem: str) -> None:
        shown = repr(tag) if len(repr(tag)) < 60 else f"{repr(tag)[:56]}…"
        super().__init__(
            f"{shown} cannot be a tag: {problem}. A tag has letters, digits and _ - . : / only, 1 to 100 of them, "
            "e.g. 'baseline' or 'paper/figure-3'."
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


class ExpressionError(QueryError):
    """An expression that cannot be read, or that asks what its keys cannot answer.

    Args:
        problem: what was expected, what came, what to do.
        expression: all of it.
        begin: where the wrong part of it begins.
        end: where that ends.
    """

    def __init__(self, problem: str, expression: str, begin: int, end: int) -> None:
        super().__init__(f"{printable(problem)}\n{_pointed_at(expression, begin, end)}")
        self.problem, self.expression, self.begin, self.end = problem, expression, begin, end

    def __reduce__(self) -> tuple[type[ExpressionError], tuple[str, str, int, int]]:
        return type(self), (self.problem, self.expression, self.begin, self.end)


class UnknownKeyError(ExpressionError):
    """An expression names a key that no experiment has."""


_SHOWN: Final = 72
"""So many characters of a longer expression are shown."""


def _pointed_at(text: str, begin: int, end: int) -> str:
    """Return a text, or the part of a long one around a place, with ``^`` under the place."""
    line = "".join(letter if letter.isprintable() else " " for letter in text)
    start = min(max(0, begin - _SHOWN // 2), max(0, len(line) - _SHOWN))
    stop = start + _SHOWN
    before = ("…" if start else "") + line[start:begin]
    marked = line[begin : min(end, stop)]
    pointer = " " * _columns(before) + "^" * max(1, _columns(marked))
    return f"  {before}{line[begin:stop]}{'…' if stop < len(line) else ''}\n  {pointer}"


def _columns(text: str) -> int:
    """Return how many columns of a terminal a text takes; a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


class ExperimentNotFoundError(QueryError, AssertionError):
    """No experiment answers to this name."""


class AmbiguousExperimentError(QueryError, AssertionError):
    """Several experiments answer to a name that should mean one."""

    def __init__(self, asked: str, matches: Sequence[str], hint: str = "", number: int | None = None) -> None:
        total = len(matches) if number is None else number
        listed = "\n  ".join([*["…"] * (len(matches) < total), *matches])
        super().__init__(f"'{asked}' names {total} experiments; expected exactly one.{hint}\n  {listed}")


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
    """A run cannot be repaired or resumed while its process still writes."""

    def __init__(self, directory: str, advice: str = "it can be repaired once that process has ended.") -> None:
        super().__init__(f"'{directory}' is still written by its run; {advice}")


class BatchError(RLAError):
    """A batch operation cannot be begun, or taken back; nothing was changed."""


class SyncError(RLAError, OSError):
    """Records could not be brought to another machine, or from it; what is there stays as it was."""

    def __str__(self) -> str:
        return str(self.args[0])


class UnreachableError(SyncError):
    """The other end gives no answer, or the connection was cut: what was not sent is sent once it is there again."""


class LoginRefusedError(SyncError):
    """The other end does not accept the user, the password or the key."""


class HostKeyError(SyncError):
    """The other end is unknown, or shows another key than before; nothing was sent to it, no password either."""


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
