"""Constants by the names of `RLA.const` and `RLA.easy_log.const`."""

from __future__ import annotations

from rla.names import ARCHIVE as ARCHIVE_TESTER
from rla.names import ARCHIVED as ARCHIVED_TABLE
from rla.names import CHECKPOINT, CODE, LOG, TMP_DATA, TREES
from rla.names import HYPERPARAMETER as HYPARAMETER
from rla.names import PARAMETER_FILE as HYPARAM_FILE_NAME
from rla.names import RESULTS as OTHER_RESULTS
from rla.names import TIME_STEP as DEFAULT_X_NAME
from rla.names import TIMESTAMP as DEFAULT_TIMESTAMP

__all__ = [
    "ARCHIVED_TABLE",
    "ARCHIVE_TESTER",
    "CHECKPOINT",
    "CODE",
    "DEFAULT_TIMESTAMP",
    "DEFAULT_X_NAME",
    "FRAMEWORK",
    "FTP_PROTOCOL_NAME",
    "HYPARAMETER",
    "HYPARAM_FILE_NAME",
    "LOG",
    "LOG_NAME_FORMAT_VERSION",
    "OTHER_RESULTS",
    "PLATFORM_TYPE",
    "TMP_DATA",
    "LoadTesterMode",
    "LogDataType",
    "default_log_types",
]

default_log_types = list(TREES)


class FRAMEWORK:
    """Deep-learning frameworks."""

    tensorflow = "tensorflow"
    torch = "torch"


class FTP_PROTOCOL_NAME:  # noqa: N801  # a name that scripts import
    """File-transfer protocols."""

    FTP = "ftp"
    SFTP = "sftp"


class LOG_NAME_FORMAT_VERSION:  # noqa: N801  # a name that scripts import
    """Versions of index names."""

    V1 = "v1"


class PLATFORM_TYPE:  # noqa: N801  # a name that scripts import
    """Operating systems."""

    WIN = "win"
    LINUX = "linux"
    OTHER = "other"


class LoadTesterMode:
    """Ways to load an experiment."""

    FORK_TO_NEW = "fork"


class LogDataType:
    """Output formats."""

    TB = "tensorboard"
    CSV = "csv"
    TXT = "log"
    STDOUT = "stdout"
