"""A dict whose keys are attributes too, at every depth."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import yaml

__all__ = ["AttributeDict"]


class AttributeDict(dict[str, Any]):
    """A dict with attribute access at every depth, also inside lists: ``parameters.agent.lr``.

    `OmegaConf.merge` accepts it. OmegaConf knows dicts only by their exact type, but takes any dataclass, so each
    instance belongs to a small subclass of its own that declares its keys as dataclass fields
    (`docs/decisions.md`, "Parameters that OmegaConf accepts").

    Args:
        values: the content; nested mappings become attribute dicts as well.
    """

    def __new__(cls, values: Mapping[str, Any] | None = None) -> AttributeDict:
        fields = {str(key): _field(str(key)) for key in values or {}}
        declared = {
            "__dataclass_fields__": fields,
            "__dataclass_params__": SimpleNamespace(frozen=False),
            "__annotations__": dict.fromkeys(fields, Any),
            "__module__": __name__,
        }
        own_class = type(AttributeDict.__name__, (AttributeDict,), declared)
        instance: AttributeDict = dict.__new__(own_class)
        return instance

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        super().__init__({key: _nested(value) for key, value in (values or {}).items()})

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"There is no key '{name}'; those there are: {', '.join(map(str, self))}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        try:
            del self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *(key for key in self if isinstance(key, str))]

    def __reduce__(self) -> tuple[type[AttributeDict], tuple[dict[str, Any]]]:
        return AttributeDict, (dict(self),)


def _nested(value: Any) -> Any:
    if isinstance(value, dict) and not isinstance(value, AttributeDict):
        return AttributeDict(value)
    if type(value) in (list, tuple):
        return type(value)(map(_nested, value))
    return value


def _field(name: str) -> dataclasses.Field[Any]:
    field: dataclasses.Field[Any] = dataclasses.field()
    field.name = name
    field.type = Any
    field._field_type = dataclasses._FIELD  # type: ignore[attr-defined]  # what makes dataclasses.fields() list it
    return field


yaml.SafeDumper.add_multi_representer(AttributeDict, yaml.SafeDumper.represent_dict)
