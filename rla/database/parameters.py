"""Hyper-parameters on disk: plain `parameter.json` and `parameter.yaml`, read by any JSON or YAML reader."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rla import files
from rla.database.plain_values import as_mapping
from rla.errors import RLAWarning, UnknownParameterError
from rla.names import PARAMETER_FILE

__all__ = ["lookup", "read_parameters", "write_parameters"]


def lookup(values: Any, key: str) -> Any:
    """Return a hyper-parameter; a dotted key goes down into nested values.

    Raises:
        UnknownParameterError: there is none of that name; the error lists those there are.
    """
    if isinstance(values, Mapping) and key in values:
        return values[key]
    found: Any = values
    walked = ""
    for part in key.split("."):
        inside = as_mapping(found)
        if inside is None and isinstance(found, Sequence) and part.isdigit() and int(part) < len(found):
            inside = {part: found[int(part)]}
        if inside is None or part not in inside:
            prefix = f"{walked}." if walked else ""
            raise UnknownParameterError(key, [f"{prefix}{name}" for name in inside or ()] or sorted(map(str, values)))
        found = inside[part]
        walked = f"{walked}.{part}" if walked else part
    return found


def write_parameters(plain: Mapping[str, Any], *folders: Path) -> None:
    """Write `parameter.json` and `parameter.yaml` into each of the folders.

    Raises:
        OSError: a file could not be written.
    """
    import yaml

    class PlainDumper(yaml.SafeDumper):
        """A YAML writer without anchors: every reader understands it, people too."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    as_json = json.dumps(plain, indent=2, ensure_ascii=False) + "\n"
    as_yaml = yaml.dump(dict(plain), Dumper=PlainDumper, allow_unicode=True, sort_keys=False, default_flow_style=False)
    for folder in folders:
        files.write_atomic(folder / f"{PARAMETER_FILE}.json", as_json)
        files.write_atomic(folder / f"{PARAMETER_FILE}.yaml", as_yaml)


def read_parameters(folder: Path) -> dict[str, Any] | None:
    """Read the plain hyper-parameters of a folder; None when it has no parameter file that can be read."""
    import yaml

    for suffix, parse in ((".json", json.loads), (".yaml", yaml.safe_load)):
        path = folder / f"{PARAMETER_FILE}{suffix}"
        try:
            content = parse(path.read_text(encoding="utf-8"))
        except OSError:
            continue
        except (ValueError, yaml.YAMLError, RecursionError) as error:
            warnings.warn(f"'{path}' cannot be read and is left out: {error}", RLAWarning, stacklevel=2)
            continue
        if isinstance(content, dict):
            return content
    return None
