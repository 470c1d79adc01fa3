"""Files of pictures, sound and tables lie in the results, named by key and time step; nothing is ever overwritten."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rla import Logger, exp_manager, logger
from rla.output.media.places import free_path

PICTURE = np.zeros((4, 4), np.uint8)


def files_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_an_experiment_has_them_in_its_results(start: Callable[..., None]) -> None:
    start(lr=1)
    exp_manager.set_timestep(1000)
    path = logger.image("eval/frame", PICTURE)
    assert path == exp_manager.results_dir + "eval/frame-1000.png"
    assert os.path.exists(path)


def test_the_next_experiment_has_its_own(start: Callable[..., None]) -> None:
    paths = []
    for _ in range(2):
        start(lr=1)
        paths.append(logger.image("a", PICTURE))
        assert str(paths[-1]).startswith(exp_manager.results_dir)
    assert paths[0] != paths[1]


def test_configured_with_a_folder_they_lie_below_it(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    logger.configure("log", ["csv"])
    monkeypatch.chdir("/")
    assert logger.image("a", PICTURE) == str(folder / "results" / "a-0.png")
    assert files_below(folder / "results") == ["a-0.png"]


def test_a_logger_of_ones_own_may_have_them_elsewhere(tmp_path: Path) -> None:
    own = Logger()
    own.open(tmp_path / "log", ["csv"], results_dir=tmp_path / "elsewhere")
    own.image("a", PICTURE)
    own.close()
    assert files_below(tmp_path / "elsewhere") == [f"a-{own.now()}.png"]


def test_a_file_that_is_there_is_never_replaced(folder: Path) -> None:
    logger.configure(folder, ["csv"])
    (folder / "results").mkdir()
    (folder / "results" / "a-0.png").write_text("mine")
    for _ in range(3):
        logger.image("a", PICTURE)
    assert files_below(folder / "results") == ["a-0-2.png", "a-0-3.png", "a-0-4.png", "a-0.png"]
    assert (folder / "results" / "a-0.png").read_text() == "mine"


def test_many_files_of_one_name_are_not_looked_for_each_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logger.configure(folder, ["csv"])
    asked = []
    exists = os.path.exists
    monkeypatch.setattr(os.path, "exists", lambda path: asked.append(path) or exists(path))
    for _ in range(100):
        logger.table("a", [{"a": 1}])
    assert len(files_below(folder / "results")) == 100
    assert len([path for path in asked if "results" in path]) < 1000


@pytest.mark.parametrize(
    ("key", "file"),
    [
        ("a", "a-7.png"),
        ("eval/frame", "eval/frame-7.png"),
        ("lr=0.01, run (2)", "lr=0.01, run (2)-7.png"),
        ("..", "_-7.png"),
        ("../../outside", "_/_/outside-7.png"),
        ("/etc/passwd", "etc/passwd-7.png"),
        ("a//b/", "a/b-7.png"),
        ("./a", "_/a-7.png"),
        ("a\\..\\b", "a_.._b-7.png"),
        ("C:\\x", "C__x-7.png"),
        ('new\nline*?"<>|;&$`', "new_line__________-7.png"),
        ("layers[0]", "layers{0}-7.png"),
        ("lone \udc80", "lone _-7.png"),
        ("u\u0308ber", "über-7.png"),
        ("", "_-7.png"),
        ("/", "_-7.png"),
        ("dir. /x", "dir._/x-7.png"),
    ],
)
def test_no_key_leads_out_of_the_results(folder: Path, key: str, file: str) -> None:
    logger.configure(folder, ["tensorboard"])
    logger.set_time(7)
    before = files_below(folder.parent)
    assert logger.image(key, PICTURE) == str(folder / "results" / file)
    assert sorted(set(files_below(folder.parent)) - set(before)) == [f"log/results/{file}"]


def test_a_key_of_any_length_has_a_file(folder: Path) -> None:
    logger.configure(folder, ["csv"])
    paths = [logger.image("x" * 1000 + end, PICTURE) for end in "ab"] + [logger.image("ö/" * 5 + "ö" * 300, PICTURE)]
    assert all(path is not None and os.path.exists(path) for path in paths)
    assert len({*paths}) == 3


@pytest.mark.parametrize(("step", "file"), [(0.5, "a-0.5.png"), (-3, "a--3.png"), (np.int64(4), "a-4.png")])
def test_any_time_step_stands_in_the_name(folder: Path, step: Any, file: str) -> None:
    logger.configure(folder, ["csv"])
    logger.set_time(step)
    assert Path(str(logger.image("a", PICTURE))).name == file


def test_a_path_that_another_thread_is_writing_to_is_passed_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rla.output.media import places

    monkeypatch.setattr(places, "_taken", {str(tmp_path / "a-1.png"): object()})
    assert free_path(tmp_path, "a", ".png", 1) == str(tmp_path / "a-1-2.png")
    assert places.save_result(tmp_path, "a", ".png", b"content", 1) == str(tmp_path / "a-1-2.png")


# ---- where nothing is kept -------------------------------------------------------------------------------------------


def record_everything() -> list[str | None]:
    from matplotlib.figure import Figure

    logger.histogram("weights", [1.0])
    logger.text("note", "text")
    return [
        logger.image("image", PICTURE),
        logger.figure("figure", Figure()),
        logger.video("video", [PICTURE]),
        logger.audio("audio", [0.0], 8000),
        logger.table("table", [{"a": 1}]),
    ]


def test_before_a_run_is_open_nothing_is_written_and_one_warning_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert record_everything() == [None] * 5
    assert files_below(tmp_path) == []
    (warning,) = said
    assert "'weights' is not kept" in warning
    assert "exp_manager.log_files_gen()" in warning


def test_after_a_run_nothing_is_written(folder: Path, said: list[str]) -> None:
    logger.configure(folder, ["csv"])
    logger.close()
    assert logger.image("a", PICTURE) is None
    assert not (folder / "results").exists()
    assert len(said) == 1


def test_a_rank_that_records_nothing_keeps_nothing_and_says_nothing(said: list[str]) -> None:
    logger.get_current().mute()
    assert record_everything() == [None] * 5
    assert said == []


def test_a_forked_child_keeps_nothing(
    folder: Path, in_a_fork: Callable[..., str], said: list[str], events: Callable[[Path], list[Any]]
) -> None:
    logger.configure(folder, ["tensorboard"])
    assert in_a_fork(lambda: (record_everything(), len(said))) == repr(([None] * 5, 0))
    assert not (folder / "results").exists()
    logger.close()
    assert [event for event in events(folder) if event.summary.value] == []


def test_without_tensorboard_one_warning_tells_of_what_is_shown_nowhere(folder: Path, said: list[str]) -> None:
    logger.configure(folder, ["csv"])
    for _ in range(2):
        logger.histogram("weights", [1.0])
        logger.image("frame", PICTURE, save=False)
    assert logger.image("frame", PICTURE) is not None
    (warning,) = said
    assert "'weights' is nowhere to be seen" in warning
