"""The words of the database: trees, columns, levels and formats, as `docs/formats.md` explains them.

And how a text becomes a name on disk, one way for folders of experiments and for files of results.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

LOG: Final = "log"
CODE: Final = "code"
CHECKPOINT: Final = "checkpoint"
ARCHIVE: Final = "archive_tester"
RESULTS: Final = "results"
HYPERPARAMETER: Final = "hyperparameter"
TMP_DATA: Final = "tmp_data"
TREES: Final[tuple[str, ...]] = (LOG, CODE, CHECKPOINT, ARCHIVE, RESULTS, TMP_DATA, HYPERPARAMETER)
"""The seven kinds of value that an experiment has, each a folder of the data root."""

ARCHIVED: Final = "arc"
"""Below this folder of the data root stand the seven trees of archived copies."""

INTERNAL: Final = ".rla"
"""The folder of the data root that belongs to rla itself."""

TIME_STEP: Final = "time-step"
TIMESTAMP: Final = "timestamp"

PARAMETER_FILE: Final = "parameter"
RUN_CARD_FILE: Final = "experiment.json"
PROGRESS_FILE: Final = "progress.csv"
LONG_FILE: Final = "progress.long.csv"
EPISODES_FILE: Final = "episodes.csv"
SEGMENTS_FILE: Final = "segments.json"
JSON_FILE: Final = "progress.json"
LOG_FILE: Final = "log.txt"
WARN_FILE: Final = "warn.txt"
BACKUP_FILE: Final = "backup.txt"
EVENTS_FOLDER: Final = "tb/events"
JOURNAL_FOLDER: Final = ".journal"

DEFAULT_CHECKPOINT: Final = "checkpoint"
"""The name of checkpoints that were given none; files of older tools count as of this name."""

FRAMEWORKS: Final[tuple[str, ...]] = ("torch", "plain", "jax", "tensorflow")

SECRET_KEYS: Final[tuple[str, ...]] = (
    "password",
    "passwd",
    "secret",
    "token",
    "api_key",
    "access_key",
    "private_key",
)
"""Keys whose values never reach a file of ours, a log or an error message."""
MASK: Final = "***"
"""What stands there instead."""

DEBUG: Final = 10
INFO: Final = 20
WARN: Final = 30
ERROR: Final = 40
DISABLED: Final = 50
BACKUP: Final = 60
LEVEL_NAMES: Final[dict[int, str]] = {DEBUG: "DEBUG", INFO: "INFO", WARN: "WARN", ERROR: "ERROR", BACKUP: "BACKUP"}

LONGEST_NAME: Final = 200
"""A name of a file or folder has no more bytes; file systems end at 255, and endings and numbers are added to it."""

_UNSAFE: Final = re.compile(r"""[\x00-\x1f\x7f/\\*?"'<>|:;`$&\ud800-\udfff\u2028\u2029\x85]""")


def safe_name(text: str) -> str:
    r"""Return a text as part of a name that every file system and every shell takes.

    ``[`` and ``]`` become braces; each of ``/ \ * ? " ' < > | : ; $ &``, the backtick, control characters and lone
    surrogates become ``_``. The text is in Unicode's NFC form then.
    """
    return _UNSAFE.sub("_", unicodedata.normalize("NFC", text).replace("[", "{").replace("]", "}"))


def bounded_name(name: str) -> str:
    """Return a name of at most `LONGEST_NAME` bytes; a longer one ends in ``~`` and eight hex digits of its hash.

    A name that ends in a space or a dot cannot be copied to every file system; ``_`` stands there instead.
    """
    encoded = name.encode("utf-8")
    if len(encoded) > LONGEST_NAME:
        import hashlib  # loads OpenSSL, which few names need

        digest = hashlib.blake2s(encoded, digest_size=4).hexdigest()
        name = encoded[: LONGEST_NAME - len(digest) - 1].decode("utf-8", "ignore") + f"~{digest}"
    return name if name[-1:] not in (" ", ".") else name[:-1] + "_"
