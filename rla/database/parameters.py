"""Hyper-parameters on disk: plain `parameter.json` and `parameter.yaml`, read by any JSON or YAML reader."""

from __future__ import annotations

import functools
import json
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from rla import files
from rla.database.bounded_values import LARGEST_DOCUMENT, check_size, parse_json, reason
from rla.database.plain_values import as_mapping, plain_parameters, restore
from rla.errors import RLAWarning, UnknownParameterError
from rla.names import PARAMETER_FILE

__all__ = ["dotted", "load_parameters", "lookup", "read_parameters", "write_parameters"]

LARGEST_YAML: Final = 1 << 20
"""So many bytes of a YAML file are read: its parser takes seconds for them."""

_MOST_MERGED: Final = 10_000
_DEEPEST: Final = 50


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


def dotted(values: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield nested values by dotted name: ``agent.lr``; lists and what is nested without end stay as they are."""
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and value and depth < _DEEPEST:
            yield from dotted(value, f"{name}.", depth + 1)
        else:
            yield name, value


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
    found, notes, problems = load_parameters(folder)
    for problem in problems:
        warnings.warn(f"{problem}; it is left out", RLAWarning, stacklevel=2)
    return None if found is None else restore(found, notes)


def load_parameters(folder: str | os.PathLike[str]) -> tuple[dict[str, Any] | None, dict[str, str], list[str]]:
    """Read the plain hyper-parameters of a folder, and say what is wrong with its files.

    Returns:
        The values, None when there is no parameter file that can be read; notes on those that JSON cannot hold, which
        a YAML file of an older tool may have; and a problem for each file that cannot be read.
    """
    problems: list[str] = []
    for suffix, parse, limit in ((".json", parse_json, LARGEST_DOCUMENT), (".yaml", _parse_yaml, LARGEST_YAML)):
        path = f"{os.fspath(folder)}/{PARAMETER_FILE}{suffix}"
        try:
            content = parse(files.read_regular(path, limit))
        except (OSError, ValueError) as error:
            if os.path.lexists(path):
                problems.append(f"'{path}' cannot be read: {reason(error)}")
            continue
        if isinstance(content, dict):
            return (content, {}, problems) if suffix == ".json" else (*plain_parameters(content), problems)
        if content is not None:  # older tools left empty files
            problems.append(f"'{path}' holds no names and values, but a value of type '{type(content).__name__}'")
    return None, {}, problems


def _parse_yaml(content: bytes) -> Any:
    """Return the content of a YAML file.

    Raises:
        ValueError: it is none, wants more than plain data, or more than anyone writes down as parameters of a run.
    """
    import yaml

    try:
        found = yaml.load(content, _plain_loader())
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
    except RecursionError:
        raise ValueError("values are nested too deeply") from None
    check_size(found)
    return found


@functools.lru_cache(maxsize=1)
def _plain_loader() -> Any:
    import yaml

    class PlainLoader(yaml.SafeLoader):
        """A safe loader that also reads the plain types of Python, as `yaml.dump` marks them in older files."""

        def flatten_mapping(self, node: yaml.MappingNode) -> None:
            """Take over the keys of other mappings (``<<``), of which there may be more with every level."""
            merged = [value for key, value in node.value if key.tag == "tag:yaml.org,2002:merge"]
            total = 0
            for each in merged:
                for mapping in each.value if isinstance(each, yaml.SequenceNode) else [each]:
                    if isinstance(mapping, yaml.MappingNode):
                        self.flatten_mapping(mapping)
                        total += len(mapping.value)
                    if total > _MOST_MERGED:
                        raise yaml.constructor.ConstructorError(problem=f"more than {_MOST_MERGED:,} merged keys")
            super().flatten_mapping(node)

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
