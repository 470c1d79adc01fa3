"""The example of pictures, videos, sound and tables runs as its users run it, and its files are what they say."""

from __future__ import annotations

import os
import subprocess
import sys
import wave
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from rla import LOG, RESULTS, experiment_data_query

pytest.importorskip("gymnasium")

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def data_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("media") / "data"
    done = subprocess.run(
        [sys.executable, str(REPOSITORY / "example" / "media" / "main.py"), "--total_steps", "8000"],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "RLA_ROOT": str(root)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return root


def folder_of(data_root: Path, tree: str) -> Path:
    (found,) = experiment_data_query(data_root, "media_demo", None, tree).values()
    return Path(found.dirname)


def test_each_file_has_the_time_step_in_its_name(data_root: Path) -> None:
    results = folder_of(data_root, RESULTS)
    names = sorted(str(path.relative_to(results)) for path in results.rglob("*") if path.is_file())
    quarters = ("2000", "4000", "6000", "8000")
    expected = {f"values-{step}.png" for step in quarters} | {f"error-{step}.wav" for step in quarters}
    videos = {name for name in names if name.startswith("videos/maze-")}
    assert set(names) - videos == expected | {"episodes-8000.csv"}
    assert len(videos) >= 3
    assert any(name.startswith("videos/maze-0.") for name in videos)


def test_the_files_can_be_opened(data_root: Path) -> None:
    results = folder_of(data_root, RESULTS)
    with Image.open(results / "values-8000.png") as picture:
        assert picture.width > 600
    with wave.open(str(results / "error-8000.wav")) as sound:
        assert sound.getnframes() == 2 * sound.getframerate()
    table = pd.read_csv(results / "episodes-8000.csv")
    assert list(table.columns) == ["quarter", "count", "mean", "min"]
    assert table["mean"].iloc[-1] < table["mean"].iloc[0], "the agent learns"


def test_tensorboard_shows_all_of_it(data_root: Path) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    events = accumulator.EventAccumulator(str(folder_of(data_root, LOG) / "tb" / "events"))
    events.Reload()
    tags = events.Tags()
    assert set(tags["images"]) == {"values", "visited", "videos/maze"}
    assert tags["audio"] == ["error"]
    assert tags["histograms"] == ["error"]
    assert {"about", "episodes", "hyperparameters"} <= {tag.partition("/")[0] for tag in tags["tensors"]}
