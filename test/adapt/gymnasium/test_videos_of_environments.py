"""Films of episodes: which ones, from which frame to which, under which time step, and what may go wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

gymnasium = pytest.importorskip("gymnasium")

import numpy as np  # noqa: E402
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv, VectorEnv  # noqa: E402
from gymnasium.wrappers import Autoreset  # noqa: E402

from rla import RLAWarning, logger, time_step_holder  # noqa: E402
from rla.adapt.gymnasium import record_episodes, record_video  # noqa: E402
from rla.output.logger import process_logger  # noqa: E402

Video = tuple[int, list[int]]


@pytest.fixture
def filmed(monkeypatch: pytest.MonkeyPatch) -> list[Video]:
    """Each video that is handed to the logger: its time step, and the pixel of each frame."""
    videos: list[Video] = []

    def keep(key: str, frames: Any, fps: float, step: int) -> None:
        assert (key, fps) == ("videos/rollout", 20)
        videos.append((step, [int(frame[0, 0, 0]) for frame in frames]))

    monkeypatch.setattr(process_logger, "video", keep)
    return videos


def play(env: Any, episodes: int) -> None:
    for _ in range(episodes):
        env.reset()
        done = False
        while not done:
            _, _, terminated, truncated, _ = env.step(0)
            done = terminated or truncated


def whole(scripted: Callable[..., Any], seed: int = 0) -> list[list[int]]:
    """Return the pixels of the frames of a scripted environment's first fifty episodes."""
    env, episodes = scripted(seed), []
    for _ in range(50):
        env.reset()
        frames, done = [int(env.render()[0, 0, 0])], False
        while not done:
            _, _, terminated, truncated, _ = env.step(0)
            frames.append(int(env.render()[0, 0, 0]))
            done = terminated or truncated
        episodes.append(frames)
    return episodes


def test_every_so_many_episodes_one_is_filmed_from_its_first_frame_to_its_last(
    filmed: list[Video], recording: Path, scripted: Callable[..., Any]
) -> None:
    env = record_video(record_episodes(scripted(render_mode="rgb_array")), every_episodes=4)
    play(env, 10)
    expected = whole(scripted)
    begins = np.cumsum([0, *(len(frames) - 1 for frames in expected)]).tolist()
    assert filmed == [(begins[number], expected[number]) for number in (0, 4, 8)]


def test_every_so_many_time_steps_the_next_episode_is_filmed(
    filmed: list[Video], recording: Path, scripted: Callable[..., Any]
) -> None:
    env = record_episodes(record_video(scripted(render_mode="rgb_array"), every_steps=20))
    play(env, 40)
    expected = whole(scripted)
    begins = np.cumsum([0, *(len(frames) - 1 for frames in expected)]).tolist()
    due, last = [], None
    for number in range(40):
        if last is None or begins[number] - last >= 20:
            due.append(number)
            last = begins[number]
    assert len(due) > 4
    assert filmed == [(begins[number], expected[number]) for number in due]


def test_time_that_goes_back_begins_anew(filmed: list[Video], recording: Path, scripted: Callable[..., Any]) -> None:
    time_step_holder.set_time(1000)
    env = record_video(scripted(render_mode="rgb_array"), every_steps=500)
    play(env, 2)
    time_step_holder.set_time(0)
    play(env, 2)
    assert [step for step, _ in filmed] == [1000, 0]


def test_an_episode_that_is_not_filmed_is_not_rendered(
    filmed: list[Video], recording: Path, scripted: Callable[..., Any]
) -> None:
    inner = scripted(render_mode="rgb_array")
    play(record_video(inner, every_episodes=100), 20)
    assert inner.rendered == len(filmed[0][1])


def test_a_long_episode_is_filmed_up_to_the_length_of_a_video(
    filmed: list[Video], recording: Path, scripted: Callable[..., Any]
) -> None:
    inner = scripted(render_mode="rgb_array")
    play(record_video(inner, every_episodes=1, max_frames=3), 5)
    assert [frames for _, frames in filmed] == [frames[:3] for frames in whole(scripted)[:5]]
    assert inner.rendered == sum(len(frames) for _, frames in filmed)


def test_what_was_filmed_is_kept_when_an_episode_is_reset_or_the_environment_closed(
    filmed: list[Video], recording: Path
) -> None:
    class Endless(gymnasium.Env):  # type: ignore[misc, name-defined]
        metadata = {"render_fps": 20}  # noqa: RUF012
        render_mode = "rgb_array"

        def reset(self, **_: Any) -> Any:
            return 0, {}

        def step(self, action: Any) -> Any:
            return 0, 0.0, False, False, {}

        def render(self) -> Any:
            return np.zeros((8, 8, 3), dtype=np.uint8)

    env = record_video(Endless(), every_episodes=1)
    for _ in range(2):
        env.reset()
        env.step(0)
        env.step(0)
    assert len(filmed) == 1
    env.close()
    assert filmed == [(0, [0, 0, 0])] * 2


def test_an_environment_that_resets_by_itself_is_filmed_alike(
    filmed: list[Video], recording: Path, scripted: Callable[..., Any]
) -> None:
    env = record_video(Autoreset(scripted(render_mode="rgb_array")), every_episodes=2)
    env.reset()
    for _ in range(60):
        env.step(0)
    expected = whole(scripted)
    assert len(filmed) > 4
    assert [frames for _, frames in filmed] == expected[0 : 2 * len(filmed) : 2]


@pytest.mark.parametrize("mode", list(AutoresetMode))
@pytest.mark.parametrize("kind", [SyncVectorEnv, AsyncVectorEnv])
def test_of_a_vector_environment_the_first_is_filmed(
    kind: type[VectorEnv], mode: AutoresetMode, filmed: list[Video], recording: Path, scripted: Callable[..., Any]
) -> None:
    makers = [lambda seed=seed: scripted(seed, render_mode="rgb_array") for seed in range(2)]
    envs = record_video(kind(makers, autoreset_mode=mode), every_episodes=3)  # type: ignore[call-arg]
    envs.reset()
    for _ in range(60):
        _, _, terminated, truncated, _ = envs.step(np.zeros(2, dtype=int))
        if mode is AutoresetMode.DISABLED and (terminated | truncated).any():
            envs.reset(options={"reset_mask": terminated | truncated})
    expected = whole(scripted)
    if mode is AutoresetMode.SAME_STEP:  # its last frame is never to be seen
        expected = [frames[:-1] for frames in expected]
    assert len(filmed) >= 4
    assert [frames for _, frames in filmed] == expected[0 : 3 * len(filmed) : 3]
    envs.close()


def test_a_video_is_a_file_named_by_its_time_step(tmp_path: Path, scripted: Callable[..., Any]) -> None:
    logger.configure(tmp_path / "log", ["tensorboard"])
    time_step_holder.set_time(700)
    env = record_video(record_episodes(scripted(render_mode="rgb_array")), "evaluation", every_episodes=5)
    process_logger._warned.add("mp4")  # the package may be missing here
    play(env, 6)
    env.close()
    (first, second) = sorted((tmp_path / "log" / "results" / "videos").iterdir(), key=lambda path: int(path.stem[11:]))
    assert first.stem == "evaluation-700"
    assert first.suffix in (".mp4", ".gif")
    assert int(second.stem.removeprefix("evaluation-")) == 700 + sum(len(each) - 1 for each in whole(scripted)[:5])
    assert first.stat().st_size > 100


@pytest.mark.parametrize(
    ("render", "problem"),
    [
        (lambda: 1 / 0, "ZeroDivisionError: division by zero"),
        (lambda: None, "TypeError: render() gave no picture"),
        (lambda: "text", "TypeError: render() gave no picture"),
        (
            iter([np.zeros((8, 8, 3)), np.zeros((8, 9, 3))] + [np.zeros((8, 8, 3))] * 99).__next__,
            "pictures of one shape",
        ),
    ],
)
def test_a_renderer_that_fails_costs_the_videos_and_one_warning(
    render: Callable[[], Any], problem: str, recording: Path, scripted: Callable[..., Any]
) -> None:
    inner = scripted(render_mode="rgb_array")
    inner.render = render
    env = record_episodes(record_video(inner, every_episodes=1))
    with pytest.warns(RLAWarning) as caught:
        play(env, 5)
    assert len(caught) == 1
    assert "'videos/rollout' has no more videos: " in str(caught[0].message)
    assert problem in str(caught[0].message)
    assert logger.dump_tabular()["episode/count"] == 5


@pytest.mark.parametrize("mode", [None, "ansi", "human", "rgb_array_list"])
def test_an_environment_that_renders_no_pictures_is_refused(mode: str | None, scripted: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match=f"render_mode is {mode!r}: make it with .*render_mode='rgb_array'"):
        record_video(scripted(render_mode=mode), every_episodes=1)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, r"every_steps=… or every_episodes=…, one of them"),
        ({"every_steps": 1, "every_episodes": 1}, r"every_steps=… or every_episodes=…, one of them"),
        ({"every_steps": 0}, r"every_steps=0\): expected a number above 0"),
        ({"every_episodes": -1}, r"every_episodes=-1\): expected"),
        ({"every_steps": 1, "max_frames": 0}, r"max_frames=0\): expected"),
    ],
)
def test_it_must_be_said_how_often(options: dict[str, int], problem: str, scripted: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match=problem):
        record_video(scripted(render_mode="rgb_array"), **options)
