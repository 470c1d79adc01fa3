"""Settings: what `rla_config.yaml` says, each key documented, defaulted and checked where it is used."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rla.errors import ConfigNotFoundError, ConfigSyntaxError, ConfigValueError, RLAWarning, did_you_mean
from rla.names import FRAMEWORKS, SECRET_KEYS

__all__ = ["KEYS", "Key", "Settings", "load_settings"]


@dataclass(frozen=True)
class Key:
    """One key of the configuration.

    Attributes:
        path: the key, with dots where it is nested.
        kind: ``text``, ``list`` (of texts), ``names`` (a list of words), ``flag`` or ``number``.
        default: its value where the file has none.
        choices: the accepted values; empty where any will do.
        help: one sentence for people.
    """

    path: str
    kind: str
    default: Any
    help: str
    choices: tuple[str, ...] = ()


KEYS: Final[dict[str, Key]] = {
    key.path: key
    for key in (
        Key("PROJECT_TYPE.backup_code_by", "text", "source", "What a code backup copies.", ("source", "lib")),
        Key("BACKUP_CONFIG.backup_code_dir", "list", (), "Files and folders of the code backup, below code_root."),
        Key("BACKUP_CONFIG.lib_dir", "text", None, "The installed package to copy with backup_code_by: lib."),
        Key("BACKUP_CONFIG.ignore_code_paths", "list", (), "Gitignore-style files that say what a backup leaves out."),
        Key("BACKUP_CONFIG.largest_file_mb", "number", 10, "A code backup leaves out larger files (in MiB)."),
        Key("LOG_USED", "names", ("stdout", "log", "tensorboard", "csv"), "Where records are written to."),
        Key(
            "LOG_TABLE_SECONDS", "number", 2, "Seconds between two tables on the terminal and in log.txt; 0: every row."
        ),
        Key("DL_FRAMEWORK", "text", "torch", f"Whose checkpoints are saved: {', '.join(FRAMEWORKS)}, or a plug-in's."),
        Key("DATA_ROOT", "text", None, "The database folder, where configure() is given none."),
        Key("TRASH_DAYS", "number", 14, "Days that deleted experiments stay in the trash; 0: until it is emptied."),
        Key(
            "trust_own_archives", "flag", False, "Whether old loading functions load variables that are no plain data."
        ),
        Key("SEND_LOG_FILE", "flag", False, "Whether sync_log_file() sends the records to the main node."),
        Key("REMOTE_SETTING.ftp_server", "text", None, "Host name or address of the main node."),
        Key("REMOTE_SETTING.username", "text", None, "The user on the main node."),
        Key("REMOTE_SETTING.password", "text", None, "The password of that user."),
        Key("REMOTE_SETTING.port", "number", 22, "The port of the main node's server."),
        Key("REMOTE_SETTING.remote_data_root", "text", None, "The data root on the main node."),
        Key("REMOTE_SETTING.file_transfer_protocol", "text", "sftp", "How files travel.", ("sftp", "ftp")),
    )
}

ALIASES: Final[dict[str, str]] = {}
"""Other spellings of keys: what a file may say → the key that is meant. Filled by those who know older files."""


class Settings:
    """The configuration of a data root.

    Values are checked when they are asked for, so a wrong key that nobody uses harms nobody.

    Args:
        raw: the mapping as it came from the file or the caller.
        source: what error messages call it: the path of the file, or ``the configuration dict``.
        folder: the folder that relative paths of the configuration stand in.
    """

    def __init__(self, raw: Mapping[str, Any], source: str, folder: Path | None) -> None:
        self.raw = raw
        self.source = source
        self.folder = folder
        self._values = _flatten(raw, source)

    def get(self, path: str) -> Any:
        """Return the checked value of a key, or its default.

        Args:
            path: a key of `KEYS`, with dots where it is nested.

        Raises:
            ConfigValueError: the configuration has a value of a wrong kind, or none of the accepted ones.
        """
        key = KEYS[path]
        value = self._values.get(path)
        if value is None:
            return key.default
        return _checked(key, value, self.source)

    def require(self, path: str) -> Any:
        """Return the checked value of a key that must have one.

        Raises:
            ConfigValueError: there is no value, or a wrong one.
        """
        value = self.get(path)
        if value is None:
            raise ConfigValueError(path, self.source, None, _expectation(KEYS[path]))
        return value

    @property
    def file(self) -> str | None:
        """The path of the configuration file; None for a dict."""
        return self.source if self.folder is not None else None

    @property
    def log_used(self) -> tuple[str, ...]:
        """The formats that records are written to, e.g. ``("csv", "tensorboard")``."""
        return tuple(self.get("LOG_USED"))

    @property
    def table_seconds(self) -> float:
        """How many seconds pass at least between two tables for people; 0 shows every row."""
        return float(self.get("LOG_TABLE_SECONDS"))

    @property
    def trash_days(self) -> float:
        """For how many days deleted experiments stay in the trash; 0 keeps them."""
        return float(self.get("TRASH_DAYS"))

    @property
    def trust_own_archives(self) -> bool:
        """Whether objects that are no plain data, and may run code when they are loaded, are trusted in archives."""
        return bool(self.get("trust_own_archives"))

    @property
    def framework(self) -> str:
        """The deep-learning framework whose checkpoints are saved."""
        return str(self.get("DL_FRAMEWORK"))

    @property
    def data_root(self) -> Path | None:
        """The data root that the configuration names, relative to its own folder; None if it names none."""
        value = self.get("DATA_ROOT")
        if value is None:
            return None
        path = Path(value).expanduser()
        return path if self.folder is None else self.folder / path


def load_settings(config: str | Path | Mapping[str, Any]) -> Settings:
    """Read the configuration.

    Args:
        config: the path of a YAML file (a relative one is meant from the working directory), or a mapping.

    Raises:
        ConfigNotFoundError: there is no such file.
        ConfigSyntaxError: the file is no YAML, or no mapping; the line is shown.
        ConfigValueError: the mapping has text keys only at its first level, and this one hasn't.
    """
    if isinstance(config, Mapping):
        return Settings(config, "the configuration dict", None)
    path = Path(config).expanduser().absolute()
    if not path.is_file():
        raise ConfigNotFoundError(str(config))
    return Settings(_read_yaml(path), str(path), path.parent)


def _read_yaml(path: Path) -> Mapping[str, Any]:
    import yaml

    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigSyntaxError(str(path), line, 1, repr(error.object[error.start :][:20]), "not UTF-8 text") from error
    try:
        content = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line, mark.column) if mark else (0, 0)
        lines = text.splitlines()
        shown = lines[line] if line < len(lines) else ""
        if _is_secret(shown):
            shown, column = shown.partition(":")[0] + ": ***", 0
        raise ConfigSyntaxError(str(path), line + 1, column + 1, shown, error.problem or "unreadable") from None
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        shown = text.split("\n")[line - 1]
        raise ConfigSyntaxError(str(path), line, column, repr(shown)[1:-1], error.reason) from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        first = text.splitlines()[0] if text else ""
        raise ConfigSyntaxError(str(path), 1, 1, first, f"expected 'KEY: value' pairs, got a {type(content).__name__}")
    return content


def _is_secret(text: str) -> bool:
    """Say whether a key or a line of the file has, or may have, a value that nobody shall see."""
    return any(key in text.lower() for key in SECRET_KEYS)


def _flatten(raw: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Turn the nested mapping into dotted keys, and warn of those that mean nothing."""
    sections = {path.partition(".")[0] for path in KEYS if "." in path}
    values: dict[str, Any] = {}
    for name, value in raw.items():
        if name in sections:
            if value is None:
                continue
            if not isinstance(value, Mapping):
                values.update({path: value for path in KEYS if path.startswith(f"{name}.")})
                continue
            for inner, inner_value in value.items():
                _store(values, f"{name}.{inner}", inner_value, source)
        else:
            _store(values, str(name), value, source)
    return values


def _store(values: dict[str, Any], path: str, value: Any, source: str) -> None:
    meant = ALIASES.get(path, path)
    if meant not in KEYS:
        hint = did_you_mean(path, KEYS) or f" Those there are: {', '.join(KEYS)}."
        warnings.warn(f"'{path}' in {source} is no key of rla; it is ignored.{hint}", RLAWarning, stacklevel=6)
    elif meant == path or values.get(meant) is None:
        values[meant] = value


_EXPECTATIONS: Final = {
    "text": "a text",
    "list": "a list of texts",
    "names": "a list of names",
    "flag": "True or False",
    "number": "a number",
}


def _expectation(key: Key) -> str:
    if key.choices:
        return f"one of {', '.join(key.choices)}"
    return _EXPECTATIONS[key.kind]


def _checked(key: Key, value: Any, source: str) -> Any:
    if key.kind == "flag":
        if isinstance(value, bool):
            return value
        raise ConfigValueError(key.path, source, value, _expectation(key))
    if key.kind == "number":
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, str) and value.strip().isdigit():
            return int(value)
        raise ConfigValueError(key.path, source, value, _expectation(key))
    if key.kind in ("list", "names"):
        if isinstance(value, str):
            value = value.replace(",", " ").split() if key.kind == "names" else [value]
        if not isinstance(value, Sequence) or not all(isinstance(item, str) for item in value):
            raise ConfigValueError(key.path, source, value, _expectation(key))
        return tuple(dict.fromkeys(value))
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)  # a user name or a password of digits
    if not isinstance(value, str):
        shown = f"a {type(value).__name__}" if _is_secret(key.path) else value
        raise ConfigValueError(key.path, source, shown, _expectation(key))
    if key.choices and value not in key.choices:
        raise ConfigValueError(key.path, source, value, _expectation(key), did_you_mean(value, key.choices))
    return value
