"""A dict whose keys are attributes too, at every depth."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any

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
        _teach_yaml()
        own_class = type(AttributeDict.__name__, (AttributeDict,), {"__module__": __name__, **_declaration({})})
        instance: AttributeDict = dict.__new__(own_class)
        return instance

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        self.update(values or {})

    def _declare_keys(self) -> None:
        """Bring the fields that OmegaConf sees up to date with the keys."""
        for name, value in _declaration(self).items():
            setattr(type(self), name, value)

    def __getattr__(self, name: str) -> Any:
        for key in self:
            if str(key) == name:
                return self[key]
        raise AttributeError(f"There is no key '{name}'; those there are: {', '.join(map(str, self))}")

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        if name not in self:
            raise AttributeError(name)
        del self[name]

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, _nested(value))
        self._declare_keys()

    def __delitem__(self, key: Any) -> None:
        super().__delitem__(key)
        self._declare_keys()

    def update(self, *args: Any, **kwargs: Any) -> None:
        super().update({key: _nested(value) for key, value in dict(*args, **kwargs).items()})
        self._declare_keys()

    def setdefault(self, key: Any, default: Any = None) -> Any:
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, *args: Any) -> Any:
        value = super().pop(*args)
        self._declare_keys()
        return value

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


def _declaration(keys: Iterable[Any]) -> dict[str, Any]:
    """Return what makes a class with these keys as fields a dataclass."""
    names = [str(key) for key in keys]
    return {
        "__dataclass_fields__": {name: _field(name) for name in names},
        "__dataclass_params__": SimpleNamespace(frozen=False),
        "__annotations__": dict.fromkeys(names, Any),
    }


def _field(name: str) -> dataclasses.Field[Any]:
    field: dataclasses.Field[Any] = dataclasses.field()
    field.name = name
    field.type = Any
    field._field_type = dataclasses._FIELD  # type: ignore[attr-defined]  # what makes dataclasses.fields() list it
    return field


@functools.cache
def _teach_yaml() -> None:
    """Let YAML write attribute dicts as plain mappings, from the first one on."""
    import yaml

    for dumper in (yaml.SafeDumper, yaml.Dumper):
        dumper.add_multi_representer(AttributeDict, dumper.represent_dict)
