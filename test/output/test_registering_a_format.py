"""`register_output` lets a class of a script be named as an output format; what could go wrong later is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from rla import exp_manager, logger
from rla.errors import ConfigValueError
from rla.output import FileOutput, Output, Record, Row, register_output, registry
from rla.output.registry import OUTPUTS, format_names, is_format


@pytest.fixture(autouse=True)
def registered_for_this_test_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_registered", {})


def format_named(name: Any, path: str | None = None) -> type[FileOutput]:
    """Return a new class that writes the count of each row on a line of its own."""

    class Counts(FileOutput):
        def path_in(self, directory: Path) -> Path:
            return directory / "counts.txt"

        def write(self, records: Sequence[Record]) -> int:
            rows = [record.items_for(self.name) for record in records if isinstance(record, Row)]
            self.file.append("".join(f"{row.get('count')}\n" for row in rows).encode())
            return len(records)

    Counts.name = name
    Counts.__qualname__ = path or f"Counts_{name}"
    return Counts


def counts_in(folder: Path) -> list[str]:
    return (folder / "counts.txt").read_text().splitlines()


def test_a_registered_class_is_named_like_ours(folder: Path, dump: Callable) -> None:
    register_output(format_named("counts_by_call"))
    logger.configure(folder, ["csv", "counts_by_call"])
    for count in range(3):
        dump(count=count)
    logger.close()
    assert counts_in(folder) == ["0", "1", "2"]


def test_it_is_also_a_decorator_that_leaves_the_class_as_it_is(
    data_root: Path, start: Callable, dump: Callable
) -> None:
    cls = format_named("counts_decorated")
    assert register_output(cls) is cls
    start(log_used=("counts_decorated",))
    dump(count=1)
    folder = Path(exp_manager.log_dir)
    exp_manager.finish()
    assert counts_in(folder) == ["1"]


def test_values_are_excluded_by_its_name(folder: Path) -> None:
    register_output(format_named("counts_excluded"))
    logger.configure(folder, ["counts_excluded"])
    logger.record_tabular("count", 1, exclude="counts_excluded")
    logger.dump_tabular()
    logger.close()
    assert counts_in(folder) == ["None"]


def test_it_is_listed_where_a_name_is_misspelt(data_root: Path, tmp_path: Path) -> None:
    register_output(format_named("counts_listed"))
    with pytest.raises(ConfigValueError, match="Did you mean 'counts_listed'") as caught:
        exp_manager.configure("demo_task", {"LOG_USED": ["count_listed"]}, data_root, code_root=tmp_path)
    assert "stdout, log, tensorboard, csv, json, " in str(caught.value)
    assert "warn" not in str(caught.value)
    assert not data_root.exists()


def test_an_unknown_name_changes_nothing_in_the_manager(data_root: Path, tmp_path: Path) -> None:
    exp_manager.configure("demo_task", {"LOG_USED": ["csv"]}, data_root, code_root=tmp_path)
    with pytest.raises(ConfigValueError):
        exp_manager.configure("other_task", {"LOG_USED": ["nonsense"]}, tmp_path, code_root=tmp_path)
    assert exp_manager.task_table_name == "demo_task"
    assert exp_manager.settings is not None
    assert exp_manager.settings.log_used == ("csv",)


def test_an_unknown_name_changes_nothing_in_the_logger(folder: Path, tmp_path: Path, dump: Callable) -> None:
    logger.configure(folder, ["csv"])
    dump(count=1)
    with pytest.raises(ConfigValueError):
        logger.configure(tmp_path / "other", ["csv", "nonsense"])
    assert not (tmp_path / "other").exists()
    assert logger.get_dir() == str(folder)


@pytest.mark.parametrize("name", sorted(OUTPUTS))
def test_a_name_of_ours_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=rf"'{name}' of .*Counts_{name} is taken by an output of rla"):
        register_output(format_named(name))


def test_a_name_of_another_class_is_refused(folder: Path) -> None:
    first = register_output(format_named("counts_taken"))
    with pytest.raises(ValueError, match=r"is taken by an output of .*Counts_counts_taken; give it another one"):
        register_output(format_named("counts_taken", path="Another"))
    register_output(first)


def test_a_class_that_is_defined_anew_takes_the_place_of_the_older_one(folder: Path, dump: Callable) -> None:
    class Louder(format_named("counts_anew")):  # type: ignore[misc]
        def path_in(self, directory: Path) -> Path:
            return directory / "louder.txt"

    Louder.__qualname__ = "Counts_counts_anew"
    register_output(format_named("counts_anew"))
    register_output(Louder)
    logger.configure(folder, ["counts_anew"])
    dump(count=1)
    logger.close()
    assert (folder / "louder.txt").exists()


@pytest.mark.parametrize(
    "name", ["", " ", "two words", "a,b", "a.b", "a/b", "é", "1st", "-a", "a\n", "x" * 65, None, 5, ("a",)]
)
def test_a_name_that_is_no_plain_word_is_refused(name: Any) -> None:
    with pytest.raises(ValueError, match="expected a plain word"):
        register_output(format_named(name))
    assert name not in format_names()


@pytest.mark.parametrize("name", ["a", "A", "my_format", "my-format", "format2", "x" * 64])
def test_a_plain_word_is_taken(name: str) -> None:
    register_output(format_named(name))
    assert is_format(name)


def test_a_class_without_a_name_is_refused() -> None:
    class Nameless(FileOutput):
        def path_in(self, directory: Path) -> Path:
            return directory

        def write(self, records: Sequence[Record]) -> int:
            return len(records)

    with pytest.raises(ValueError, match=r"Nameless\.name is None; expected a plain word such as 'my_format'"):
        register_output(Nameless)


def test_a_class_that_lacks_a_method_is_refused() -> None:
    class Unfinished(FileOutput):
        name = "unfinished"

    with pytest.raises(TypeError, match="Unfinished lacks path_in, write"):
        register_output(Unfinished)
    assert not is_format("unfinished")


@pytest.mark.parametrize("thing", [dict, 5, "csv", None, print])
def test_what_is_no_class_of_outputs_is_refused(thing: Any) -> None:
    with pytest.raises(TypeError, match=r"is no class that derives from rla\.output\.Output"):
        register_output(thing)


def test_an_object_is_refused_as_it_is_the_class_that_is_needed(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="is no class"):
        register_output(format_named("counts_object")(tmp_path))  # type: ignore[type-var]


def test_the_base_classes_are_refused() -> None:
    for base in (Output, FileOutput):
        with pytest.raises(TypeError, match="lacks"):
            register_output(base)
