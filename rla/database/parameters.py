"""Hyper-parameters on disk: plain `parameter.json` and `parameter.yaml`, read by any JSON or YAML reader."""

from __future__ import annotations

import functools
import json
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rla import files
from rla.database.plain_values import as_mapping
from rla.errors import RLAWarning, UnknownParameterError
from rla.names import PARAMETER_FILE

__all__ = ["load_parameters", "lookup", "read_parameters", "write_parameters"]

LARGEST_NUMBER_OF_VALUES = 1_000_000


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

        def represent_str(self, data: str) -> yaml.ScalarNode:
            quoted = any(character in data for character in "\x85\u2028\u2029")  # line ends to YAML, but not to us
            return self.represent_scalar("tag:yaml.org,2002:str", data, style='"' if quoted else None)

    PlainDumper.add_representer(str, PlainDumper.represent_str)

    as_json = json.dumps(plain, indent=2, ensure_ascii=False) + "\n"
    as_yaml = yaml.dump(dict(plain), Dumper=PlainDumper, allow_unicode=True, sort_keys=False, default_flow_style=False)
    for folder in folders:
        files.write_atomic(folder / f"{PARAMETER_FILE}.json", as_json)
        files.write_atomic(folder / f"{PARAMETER_FILE}.yaml", as_yaml)


def read_parameters(folder: Path) -> dict[str, Any] | None:
    """Read the plain hyper-parameters of a folder; None when it has no parameter file that can be read."""
    found, problems = load_parameters(folder)
    for problem in problems:
        warnings.warn(f"{problem}; it is left out", RLAWarning, stacklevel=2)
    return found


def load_parameters(folder: Path) -> tuple[dict[str, Any] | None, list[str]]:
    """Read the plain hyper-parameters of a folder, and say what is wrong with its files.

    Returns:
        The values, None when there is no parameter file that can be read; and a problem for each that cannot be.
    """
    problems: list[str] = []
    for suffix, parse in ((".json", json.loads), (".yaml", _parse_yaml)):
        path = folder / f"{PARAMETER_FILE}{suffix}"
        try:
            content = parse(files.read_regular(path))
            _check_size(content)
        except FileNotFoundError:
            continue
        except (OSError, ValueError, RecursionError) as error:
            problems.append(f"'{path}' cannot be read: {error}")
            continue
        if isinstance(content, dict):
            return content, problems
    return None, problems


def _parse_yaml(content: bytes) -> Any:
    """Return the content of a YAML file.

    Raises:
        ValueError: it is none, or wants more than plain data.
    """
    import yaml

    try:
        return yaml.load(content, _plain_loader())
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


@functools.lru_cache(maxsize=1)
def _plain_loader() -> Any:
    import yaml

    class PlainLoader(yaml.SafeLoader):
        """A safe loader that also reads the plain types of Python, as `yaml.dump` marks them in older files."""

    plain: dict[str, Any] = {
        "tuple": lambda loader, node: tuple(loader.construct_sequence(node, deep=True)),
        "list": lambda loader, node: loader.construct_sequence(node, deep=True),
        "dict": lambda loader, node: loader.construct_mapping(node, deep=True),
        "unicode": yaml.SafeLoader.construct_yaml_str,
        "str": yaml.SafeLoader.construct_yaml_str,
        "int": yaml.SafeLoader.construct_yaml_int,
        "long": yaml.SafeLoader.construct_yaml_int,
        "float": yaml.SafeLoader.construct_yaml_float,
        "bool": yaml.SafeLoader.construct_yaml_bool,
        "none": yaml.SafeLoader.construct_yaml_null,
    }
    for name, construct in plain.items():
        PlainLoader.add_constructor(f"tag:yaml.org,2002:python/{name}", construct)
    return PlainLoader


def _check_size(content: Any) -> None:
    """Refuse what aliases of YAML blow up: small on disk and in memory, but without end for whoever goes through it.

    Raises:
        ValueError: there are too many values.
    """
    sizes: dict[int, int] = {}

    def size(value: Any) -> int:
        if not isinstance(value, (dict, list)):
            return 1
        if id(value) not in sizes:
            sizes[id(value)] = LARGEST_NUMBER_OF_VALUES + 1  # while it is counted: a value inside itself has no end
            sizes[id(value)] = 1 + sum(map(size, value.values() if isinstance(value, dict) else value))
        return sizes[id(value)]

    if size(content) > LARGEST_NUMBER_OF_VALUES:
        raise ValueError(f"more than {LARGEST_NUMBER_OF_VALUES} values")
