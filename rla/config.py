"""Settings: what `rla_config.yaml` says, each key documented, defaulted and checked where it is used."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rla.errors import ConfigNotFoundError, ConfigSyntaxError, ConfigValueError, RLAWarning, did_you_mean
from rla.names import FRAMEWORKS, LOG, SECRET_KEYS, TREES

__all__ = ["KEYS", "Key", "Settings", "load_settings"]


@dataclass(frozen=True)
class Key:
    """One key of the configuration.

    Attributes:
        path: the key, with dots where it is nested.
        kind: ``text``, ``list`` (of texts), ``names`` (a list of words), ``flag``, ``number``, ``seconds`` or
            ``bytes``.
        default: its value where the file has none.
        choices: the accepted values; empty where any will do.
        help: one sentence for people.
    """

    path: str
    kind: str
    default: Any
    help: str
    choices: tuple[str, ...] = ()


_PROTOCOLS: Final = ("sftp", "ftps", "ftp", "rsync", "local")

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
        Key("trust_own_archives", "flag", False, "Whether resume() and old functions load what is no plain data."),
        Key("SEND_LOG_FILE", "flag", False, "Whether sync_log_file() sends the records to the main node."),
        Key("REMOTE_SETTING.ftp_server", "text", None, "Host name or address of the main node."),
        Key("REMOTE_SETTING.servers", "list", (), "Several addresses of the main node, tried in this order."),
        Key("REMOTE_SETTING.username", "text", None, "The user on the main node."),
        Key("REMOTE_SETTING.password", "text", None, "The password of that user."),
        Key("REMOTE_SETTING.password_env", "text", None, "The environment variable that holds the password."),
        Key("REMOTE_SETTING.password_command", "text", None, "The command that prints the password."),
        Key("REMOTE_SETTING.key_file", "text", None, "The private key to log in with."),
        Key("REMOTE_SETTING.agent", "flag", True, "Whether keys of a running SSH agent are tried."),
        Key("REMOTE_SETTING.known_hosts", "text", None, "The file with the keys of known hosts."),
        Key("REMOTE_SETTING.port", "number", None, "The port of the main node's server."),
        Key("REMOTE_SETTING.remote_data_root", "text", None, "The data root on the main node."),
        Key("REMOTE_SETTING.file_transfer_protocol", "text", "sftp", "How files travel.", _PROTOCOLS),
        Key("REMOTE_SETTING.allow_plaintext", "flag", False, "Whether plain FTP may send password and records."),
        Key("REMOTE_SETTING.trees", "names", (LOG,), "The trees that are sent; all: every one.", (*TREES, "all")),
        Key("REMOTE_SETTING.every", "seconds", 30, "Seconds between two transfers, at least."),
        Key("REMOTE_SETTING.timeout", "seconds", 10, "Seconds to wait for an answer of the main node."),
        Key("REMOTE_SETTING.wait_at_end", "seconds", 8, "Seconds that the end of a run waits for its last transfer."),
        Key("REMOTE_SETTING.bandwidth_limit", "bytes", None, "Bytes a second at most, such as 500K or 2M."),
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
    "seconds": "a number of seconds",
    "bytes": "a number of bytes, such as 500K, 2M or 1G",
}

_UNITS: Final = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([KMG]?)(?:i?B)?(?:/s)?", re.IGNORECASE)


def _expectation(key: Key) -> str:
    if key.choices and key.kind == "names":
        return f"a list of {', '.join(key.choices)}"
    if key.choices:
        return f"one of {', '.join(key.choices)}"
    return _EXPECTATIONS[key.kind]


def _checked(key: Key, value: Any, source: str) -> Any:
    checked = _CHECKS[key.kind](value)
    if checked is None:
        shown = f"a {type(value).__name__}" if _is_secret(key.path) else value
        raise ConfigValueError(key.path, source, shown, _expectation(key))
    for word in checked if isinstance(checked, tuple) else (checked,):
        if key.choices and word not in key.choices:
            raise ConfigValueError(key.path, source, value, _expectation(key), did_you_mean(word, key.choices))
    return checked


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _number(value: Any) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and value.strip().isdigit() else None


def _seconds(value: Any) -> float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value) if 0 <= value < float("inf") else None
    return _number(value)


def _bytes(value: Any) -> int | None:
    """Return a number of bytes, ``1.5M`` being so many times 1024 x 1024; there is no limit of none."""
    if isinstance(value, str) and (match := _SIZE.fullmatch(value.strip())):
        value = int(float(match[1]) * _UNITS[match[2].upper()])
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _texts(value: Any) -> tuple[str, ...] | None:
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, Sequence) or not all(isinstance(item, str) for item in given):
        return None
    return tuple(dict.fromkeys(given))


def _names(value: Any) -> tuple[str, ...] | None:
    return _texts(value.replace(",", " ").split() if isinstance(value, str) else value)


def _text(value: Any) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)  # a user name or a password of digits
    return value if isinstance(value, str) else None


_CHECKS: Final[dict[str, Callable[[Any], Any]]] = {
    "text": _text,
    "list": _texts,
    "names": _names,
    "flag": _flag,
    "number": _number,
    "seconds": _seconds,
    "bytes": _bytes,
}
