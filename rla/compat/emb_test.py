"""`RLA.emb_test`: checks that stand in the code of a training and run there now and then."""

from __future__ import annotations

from collections.abc import Callable, Container, Hashable
from typing import Any, Final

__all__ = ["BasicUnitTest", "EmbUnitController", "EmbUnitTestObj", "TestType", "ut_controller"]


class BasicUnitTest:
    """A base for classes whose methods are checks; it has nothing of its own."""

    def __init__(self) -> None:
        pass


class TestType:
    """How often a check runs.

    Attributes:
        SINGLE_TIME: at its first call alone.
        FREQUENT: at the first call, and at each ``freq``-th after it.
        KEY_MAP: once for each key.
    """

    __test__ = False  # no class of tests, whatever its name says to pytest

    SINGLE_TIME: Final = "single_time"
    FREQUENT: Final = "freq"
    KEY_MAP: Final = "hash"


class EmbUnitTestObj:
    """A check, and when it ran.

    Args:
        test_func: the check; it raises where something is wrong.
        test_type: one of `TestType`.
        freq: of `TestType.FREQUENT`, how many calls go to a run; each call runs it when it is 1 or less.
        keys: of `TestType.KEY_MAP`, the keys that it runs for; any key when None.

    Raises:
        ValueError: there is no such type.
    """

    def __init__(
        self,
        test_func: Callable[..., Any],
        test_type: str,
        freq: int = -1,
        keys: Container[Hashable] | None = None,
    ) -> None:
        known = (TestType.SINGLE_TIME, TestType.FREQUENT, TestType.KEY_MAP)
        if test_type not in known:
            raise ValueError(f"test_type is one of {', '.join(map(repr, known))}; got {test_type!r}.")
        self.test_func, self.test_type, self.freq, self.keys = test_func, test_type, freq, keys
        self._calls = 0
        self._done: set[Hashable] = set()

    def is_due(self, key: Hashable = None) -> bool:
        """Say whether the check runs at this call, and count it."""
        self._calls += 1
        if self.test_type == TestType.SINGLE_TIME:
            return self._calls == 1
        if self.test_type == TestType.FREQUENT:
            return self.freq <= 1 or self._calls % self.freq == 1
        if key in self._done or (self.keys is not None and key not in self.keys):
            return False
        self._done.add(key)
        return True


class EmbUnitController:
    """Checks by name."""

    def __init__(self) -> None:
        self.tests: dict[str, EmbUnitTestObj] = {}

    def add_test(
        self,
        test_func_name: str,
        test_func: Callable[..., Any],
        test_type: str,
        freq: int = -1,
        keys: Container[Hashable] | None = None,
    ) -> None:
        """Add a check, or replace the one of that name; see `EmbUnitTestObj`."""
        self.tests[test_func_name] = EmbUnitTestObj(test_func, test_type, freq, keys)

    def do_test(self, func_name: str, key: Hashable = None, *args: Any, **kwargs: Any) -> Any:
        """Run a check with these arguments, if it is due.

        Returns:
            What it returned; None where it was not due.

        Raises:
            KeyError: there is no check of that name; the message lists those there are.
        """
        if func_name not in self.tests:
            raise KeyError(f"There is no check '{func_name}'; there are: {', '.join(self.tests) or 'none'}.")
        test = self.tests[func_name]
        return test.test_func(*args, **kwargs) if test.is_due(key) else None


ut_controller = EmbUnitController()
"""The checks of this process."""
