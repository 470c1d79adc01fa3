"""The contract of a checkpoint saver, as tests.

Inherit from it in a test file of your package:

    import pytest
    from rla.testing.checkpoint import CheckpointContract

    class TestMySaver(CheckpointContract):
        @pytest.fixture
        def saver(self) -> MySaver:
            return MySaver()
"""

from __future__ import annotations

import contextlib
import copy
import math
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rla import files
from rla.checkpoint.base import CheckpointSaver, FolderSaver
from rla.checkpoint.folder import CheckpointFolder
from rla.checkpoint.staging import save_folder

__all__ = ["CheckpointContract"]


class _RunsCode:
    """An object whose pickle makes a folder when it is loaded."""

    def __init__(self, mark: Path) -> None:
        self._mark = str(mark)

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (self._mark,)


class CheckpointContract:
    """Inherit from it, and override the fixture ``saver``, and `content` where the framework has types of its own."""

    @pytest.fixture
    def saver(self) -> CheckpointSaver:
        """Return the saver under test."""
        raise NotImplementedError("override the fixture `saver`")

    @pytest.fixture
    def content(self) -> dict[str, Any]:
        """Return a checkpoint as people save it."""
        return {
            "weights": np.linspace(-1.0, 1.0, 60).reshape(3, 4, 5),
            "counts": np.arange(7),
            "nested": {"layers": [np.ones((2, 2), np.float32), np.zeros(3)], "name": "π/~ value"},
            "step": 10**12,
            "rate": 1e-300,
            "flag": True,
            "none": None,
        }

    def assert_equal(self, one: Any, other: Any) -> None:
        """Fail unless both values are equal; override it for types whose ``==`` does not say so."""
        if isinstance(other, dict):
            assert one.keys() == other.keys()
            for key in other:
                self.assert_equal(one[key], other[key])
        elif isinstance(other, (list, tuple)):
            assert len(one) == len(other)
            for first, second in zip(one, other, strict=True):
                self.assert_equal(first, second)
        elif isinstance(other, np.ndarray):
            assert one.dtype == other.dtype
            assert np.array_equal(one, other)
        else:
            assert one == other or (one != one and other != other)

    def change(self, content: Any) -> None:
        """Change content as a training does, in its place; override it for types of the framework."""
        if isinstance(content, dict):
            for value in content.values():
                self.change(value)
            content["changed"] = True
        elif isinstance(content, (list, tuple)):
            for value in content:
                self.change(value)
        elif isinstance(content, np.ndarray):
            content[...] = 0
        elif hasattr(content, "zero_"):
            content.zero_()

    def put(self, saver: CheckpointSaver, content: dict[str, Any], path: Path) -> None:
        """Write a checkpoint: a file, or a folder."""
        write = saver.write_files if isinstance(saver, FolderSaver) else saver.write
        self._put(saver, lambda target: write(content, target), path)

    def _put(self, saver: CheckpointSaver, write: Callable[[Any], None], path: Path) -> None:
        if isinstance(saver, FolderSaver):
            save_folder(path, write)
        else:
            with files.replacing(path) as stream:
                write(stream)

    def test_files_have_a_suffix_of_their_own(self, saver: CheckpointSaver) -> None:
        assert saver.suffix.startswith(".")
        assert saver.suffix[1:].isalnum()

    def test_what_was_saved_is_loaded(self, saver: CheckpointSaver, content: dict[str, Any], tmp_path: Path) -> None:
        path = tmp_path / f"checkpoint_1{saver.suffix}"
        self.put(saver, content, path)
        self.assert_equal(saver.read(str(path), trust=False), content)

    def test_an_empty_checkpoint_is_loaded(self, saver: CheckpointSaver, tmp_path: Path) -> None:
        path = tmp_path / f"checkpoint_1{saver.suffix}"
        self.put(saver, {}, path)
        assert saver.read(str(path), trust=False) == {}

    def test_numbers_that_are_none_are_loaded(self, saver: CheckpointSaver, tmp_path: Path) -> None:
        content = {"nan": math.nan, "inf": math.inf, "array": np.array([math.nan, -math.inf])}
        path = tmp_path / f"checkpoint_1{saver.suffix}"
        self.put(saver, content, path)
        loaded = saver.read(str(path), trust=False)
        assert math.isnan(loaded["nan"])
        assert loaded["inf"] == math.inf
        np.testing.assert_array_equal(loaded["array"], content["array"])

    def test_saving_changes_nothing(self, saver: CheckpointSaver, content: dict[str, Any], tmp_path: Path) -> None:
        before = copy.deepcopy(content)
        self.put(saver, content, tmp_path / f"checkpoint_1{saver.suffix}")
        self.assert_equal(content, before)

    def test_what_is_frozen_does_not_change_any_more(
        self, saver: CheckpointSaver, content: dict[str, Any], tmp_path: Path
    ) -> None:
        path = tmp_path / f"checkpoint_1{saver.suffix}"
        before = copy.deepcopy(content)
        write = saver.frozen(content)
        self.change(content)
        self._put(saver, write, path)
        self.assert_equal(saver.read(str(path), trust=False), before)

    def test_a_file_that_was_cut_short_is_refused(
        self, saver: CheckpointSaver, content: dict[str, Any], tmp_path: Path
    ) -> None:
        path = tmp_path / f"checkpoint_1{saver.suffix}"
        self.put(saver, content, path)
        for file in sorted(path.iterdir()) if path.is_dir() else [path]:
            whole = file.read_bytes()
            for size in {0, 1, 10, *range(0, len(whole), max(1, len(whole) // 50)), len(whole) - 1}:
                file.write_bytes(whole[:size])
                try:
                    loaded = saver.read(str(path), trust=False)
                except Exception:  # whatever the framework raises
                    continue
                assert path.is_dir(), f"it was loaded when it had {size} bytes of {len(whole)}"
                self.assert_equal(loaded, content)  # of several files, one may end in what says nothing
            file.write_bytes(whole)

    def test_code_in_a_file_is_not_run(self, saver: CheckpointSaver, tmp_path: Path) -> None:
        mark = tmp_path / "code_was_run"
        path = tmp_path / f"checkpoint_1{saver.suffix}"
        with contextlib.suppress(Exception):  # to refuse it when it is saved is fine
            self.put(saver, {"x": _RunsCode(mark)}, path)
        if not path.is_dir():
            with contextlib.suppress(Exception):  # to refuse it is right, to read it as data as well
                saver.read(str(path), trust=False)
            path.write_bytes(pickle.dumps(_RunsCode(mark), protocol=2))
        with contextlib.suppress(Exception):
            saver.read(str(path), trust=False)
        assert not mark.exists()

    def test_it_saves_into_a_checkpoint_folder(
        self, saver: CheckpointSaver, content: dict[str, Any], tmp_path: Path
    ) -> None:
        folder = CheckpointFolder(tmp_path, saver, max_to_keep=2)
        for step in (1, 2, 3):
            folder.save(content, step)
        assert sorted(os.listdir(tmp_path)) == [f"checkpoint_{step}{saver.suffix}" for step in (2, 3)]

    def test_content_that_cannot_be_written_leaves_no_file(self, saver: CheckpointSaver, tmp_path: Path) -> None:
        with pytest.raises(Exception):  # noqa: B017, PT011
            CheckpointFolder(tmp_path, saver, max_to_keep=2).save({"x": lambda: None}, 1)
        assert os.listdir(tmp_path) == []
