"""Custom data: values of the user's, kept by key in the archive of an experiment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = ["CustomData"]


class CustomData:
    """Values by key: single ones, or lists that grow.

    Attributes:
        values: what was added, by key.
    """

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self._told: set[str] = set()

    def add(self, key: str, data: Any, dtype: type = list, max_len: int = -1, mode: str = "append") -> None:
        """Add a value.

        Args:
            key: its name.
            data: the value.
            dtype: ``list`` to keep all values of a key; any other type keeps the last one.
            max_len: a list keeps so many of the last values; all when negative.
            mode: ``append`` adds one value to a list, ``extend`` each of several, ``overwrite`` replaces it.

        Raises:
            ValueError: there is no such mode.
        """
        if mode not in ("append", "extend", "overwrite"):
            raise ValueError(f"mode is 'append', 'extend' or 'overwrite'; got {mode!r}.")
        if dtype is not list:
            self.values[key] = data
            return
        kept = list(self.values.get(key, ())) if mode != "overwrite" else []
        kept.extend([data] if mode == "append" else data)
        self.values[key] = kept[-max_len:] if max_len > 0 else kept

    def get(self, key: str) -> Any:
        """Return a value.

        Raises:
            KeyError: nothing was added under this key.
        """
        if key not in self.values:
            raise KeyError(f"There is no custom data '{key}'; there is: {', '.join(self.values) or 'none'}.")
        return self.values[key]

    def clear(self, key: str) -> None:
        """Forget the value of a key."""
        self.values.pop(key, None)

    def not_told(self, keys: Iterable[str]) -> list[str]:
        """Return those of the keys that were not asked for here before: what is to be said of them is said once."""
        new = [key for key in keys if key not in self._told]
        self._told.update(new)
        return new
