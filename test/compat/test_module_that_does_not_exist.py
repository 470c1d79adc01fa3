"""A module that is not there is told by the name that was asked for, whatever spelling."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

import rla


@pytest.mark.parametrize(
    ("asked", "missing"),
    [
        ("RLA.nonsense", "RLA.nonsense"),
        ("rla.nonsense", "rla.nonsense"),
        ("RLA.easy_log.nonsense", "RLA.easy_log.nonsense"),
        ("rla.easy_log.nonsense", "rla.easy_log.nonsense"),
        ("RLA.easy_log.nonsense.deeper", "RLA.easy_log.nonsense"),
        ("RLA.output.nonsense", "RLA.output.nonsense"),
        ("RLA.easy_log.logger.nonsense", "RLA.easy_log.logger.nonsense"),
    ],
)
def test_the_error_names_what_was_asked_for(asked: str, missing: str) -> None:
    with pytest.raises(ModuleNotFoundError, match=f"'{missing}'") as caught:
        importlib.import_module(asked)
    assert caught.value.name == missing


def test_a_name_that_a_package_lacks_is_an_import_error() -> None:
    for statement in (
        "from RLA.easy_log import nonsense",
        "from RLA import nonsense",
        "from RLA.const import nonsense",
    ):
        with pytest.raises(ImportError, match="cannot import name 'nonsense'"):
            exec(statement, {})


def test_an_attribute_that_a_package_lacks_is_told_with_its_package() -> None:
    easy_log = importlib.import_module("RLA.easy_log")
    with pytest.raises(AttributeError, match=r"module 'RLA\.easy_log' has no attribute 'nonsense'"):
        easy_log.nonsense  # noqa: B018
    assert not hasattr(easy_log, "nonsense")


def test_other_packages_are_none_of_the_finders_business() -> None:
    for asked in ("RLAB", "RLA_nonsense", "rlax.nonsense", "json.easy_log"):
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module(asked)


def test_a_package_that_a_module_needs_and_that_is_missing_is_what_the_error_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "needy.py").write_text("import package_that_nobody_has\n", encoding="utf-8")
    monkeypatch.setattr(rla, "__path__", [*rla.__path__, str(tmp_path)])
    importlib.invalidate_caches()
    for asked in ("rla.needy", "RLA.needy"):
        with pytest.raises(ModuleNotFoundError) as caught:
            importlib.import_module(asked)
        assert caught.value.name == "package_that_nobody_has"
