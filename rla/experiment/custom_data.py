"""Custom data: values of the user's, kept by key in the archive of an experiment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rla.errors import warn_quietly

__all__ = ["CustomData"]


class CustomData:
    """Values by key: single ones, or lists that grow.

    Attributes:
        values: what was added, by key.
        sealed: what an earlier part of the run has added and is no plain data, as bytes of a pickle.
    """

    def __init__(self, values: Mapping[str, Any] | None = None, sealed: Mapping[str, bytes] | None = None) -> None:
        self.values: dict[str, Any] = dict(values or {})
        self.sealed: dict[str, bytes] = dict(sealed or {})
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
        if mode != "overwrite" and key in self.sealed and key not in self.values:
            self._set_aside(key)
        kept.extend([data] if mode == "append" else data)
        self.values[key] = kept[-max_len:] if max_len > 0 else kept

    def _set_aside(self, key: str) -> None:
        """Let a list that is sealed stay under another name: it grows by nothing without running code of its values."""
        aside = f"{key}_before_resume"
        number = 2
        while aside in self.sealed or aside in self.values:
            aside, number = f"{key}_before_resume_{number}", number + 1
        self.sealed[aside] = self.sealed.pop(key)
        warn_quietly(
            f"what was added to the custom data '{key}' before the resume is no plain data; it is kept as '{aside}', "
            "and the list begins anew. With 'trust_own_archives: true' in the configuration, it goes on"
        )

    def get(self, key: str) -> Any:
        """Return a value.

        Raises:
            KeyError: nothing was added under this key.
        """
        if key in self.sealed and key not in self.values:
            raise KeyError(
                f"The custom data '{key}' is no plain data, and was not loaded by resume(): that may run code. With "
                "'trust_own_archives: true' in the configuration, it is."
            )
        if key not in self.values:
            raise KeyError(f"There is no custom data '{key}'; there is: {', '.join(self.values) or 'none'}.")
        return self.values[key]

    def clear(self, key: str) -> None:
        """Forget the value of a key."""
        self.values.pop(key, None)
        self.sealed.pop(key, None)

    def not_told(self, keys: Iterable[str]) -> list[str]:
        """Return those of the keys that were not asked for here before: what is to be said of them is said once."""
        new = [key for key in keys if key not in self._told]
        self._told.update(new)
        return new
