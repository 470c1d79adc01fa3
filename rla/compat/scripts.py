"""What the scripts of `rla_scripts/` have in common, wherever that folder was copied to."""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from rla.errors import ConfigError, ConfigNotFoundError, ConfigValueError, RLAError

__all__ = ["configuration_beside", "data_root_beside", "run"]

_CONFIGURATIONS: Final = ("rla_script_config.py", "config.py")
"""The second is what early copies of the folder call it."""


_RLA_CONFIG: Final = "rla_config.yaml"


def data_root_beside(script: str) -> Path:
    """Return the data root that the configuration beside a script names.

    Args:
        script: path of the script. A relative `DATA_ROOT` is meant from its folder.

    Raises:
        ConfigError: there is no configuration, it cannot be run, or it names none.
    """
    folder = Path(os.path.abspath(script)).parent
    config = next((path for name in _CONFIGURATIONS if (path := folder / name).is_file()), None)
    if config is None:
        raise ConfigNotFoundError(str(folder / _CONFIGURATIONS[0]))
    try:
        root = runpy.run_path(str(config)).get("DATA_ROOT")
    except Exception as error:  # it is a program of the user, and may raise anything
        raise ConfigError(f"'{config}' cannot be run: {type(error).__name__}: {error}") from error
    if not isinstance(root, (str, os.PathLike)) or not os.fspath(root):
        raise ConfigValueError("DATA_ROOT", f"'{config}'", root, "the folder that holds log/ and the other trees")
    return Path(os.path.realpath(folder / os.path.expanduser(os.fsdecode(root))))


def configuration_beside(script: str, given: str | None = None) -> Path:
    """Return the `rla_config.yaml` of the project that a script was copied to.

    Args:
        script: path of the script.
        given: the path that was given; when None, the file is looked for in the script's folder, those above it, and
            the data root.

    Raises:
        ConfigError: there is none.
    """
    if given is not None:
        return Path(given)
    folder = Path(os.path.abspath(script)).parent
    for place in (folder, *folder.parents, data_root_beside(script)):
        if (path := place / _RLA_CONFIG).is_file():
            return path
    raise ConfigNotFoundError(str(folder.parent / _RLA_CONFIG))


def run(main: Callable[[], object]) -> None:
    """Run a script: errors that people can do something about are shown in a line, with exit code 2."""
    try:
        main()
    except (RLAError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted\n")
        sys.exit(130)
