"""Wrappers that film episodes of an environment; a video has the time step at which it begins in its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, overload

import gymnasium
import numpy as np
from gymnasium.vector import VectorEnv, VectorWrapper

from rla.adapt.gymnasium.episodes import NEXT_STEP, SAME_STEP, as_array, autoreset_mode
from rla.output.logger import process_logger

__all__ = ["Camera", "VectorVideoRecorder", "VideoRecorder", "record_video"]

_FPS: Final = 30
"""Of environments that do not tell theirs, as gymnasium has it."""


@overload
def record_video(
    env: VectorEnv,
    name: str = "rollout",
    *,
    every_steps: int | None = None,
    every_episodes: int | None = None,
    max_frames: int = 500,
) -> VectorVideoRecorder: ...
@overload
def record_video(
    env: gymnasium.Env,
    name: str = "rollout",
    *,
    every_steps: int | None = None,
    every_episodes: int | None = None,
    max_frames: int = 500,
) -> VideoRecorder: ...
def record_video(
    env: gymnasium.Env | VectorEnv,
    name: str = "rollout",
    *,
    every_steps: int | None = None,
    every_episodes: int | None = None,
    max_frames: int = 500,
) -> VideoRecorder | VectorVideoRecorder:
    """Wrap an environment so that some of its episodes are filmed.

        env = record_video(gymnasium.make("CartPole-v1", render_mode="rgb_array"), every_steps=50_000)

    A video begins with an episode, and is ``videos/<name>-<time step>.mp4`` in the results of the run, with the time
    step at which it began, and ``videos/<name>`` in TensorBoard; see `logger.video`. The first episode is always
    filmed. It is encoded when the episode ends, and until then its frames are in memory: 500 of 400 × 600 pixels are
    360 MB. Of several environments that step together, the first is filmed, and all render meanwhile.

    A renderer that fails costs the videos and gives one warning.

    Args:
        env: the environment, made with ``render_mode="rgb_array"``.
        name: what the videos are called.
        every_steps: film the next episode that begins when so many time steps have passed since the last video began.
        every_episodes: film every so many episodes. Exactly one of the two is given.
        max_frames: the length of a video; the rest of a longer episode is not filmed.

    Raises:
        TypeError: it is no environment of gymnasium.
        ValueError: it does not render pictures, a number is not above 0, or it is not said how often.
    """
    camera = Camera(env, name, every_steps, every_episodes, max_frames)
    return VectorVideoRecorder(env, camera) if isinstance(env, VectorEnv) else VideoRecorder(env, camera)


class Camera:
    """Says which episodes are filmed, collects their frames, and hands them to the logger.

    Args:
        env: what is filmed.
        name: what the videos are called.
        every_steps: time steps between videos, or None.
        every_episodes: episodes between videos, or None.
        max_frames: the length of a video.

    Raises:
        ValueError: as by `record_video`.
    """

    def __init__(
        self,
        env: gymnasium.Env | VectorEnv,
        name: str,
        every_steps: int | None,
        every_episodes: int | None,
        max_frames: int,
    ) -> None:
        mode = getattr(env, "render_mode", "rgb_array")  # what is no environment is told of by gymnasium
        if mode != "rgb_array":
            raise ValueError(
                f"record_video() needs pictures, and the environment's render_mode is {mode!r}: make it with "
                "gymnasium.make(…, render_mode='rgb_array')."
            )
        if (every_steps is None) == (every_episodes is None):
            raise ValueError("record_video() takes every_steps=… or every_episodes=…, one of them.")
        numbers = {"every_steps": every_steps, "every_episodes": every_episodes, "max_frames": max_frames}
        for argument, number in numbers.items():
            if number is not None and number < 1:
                raise ValueError(f"record_video({argument}={number}): expected a number above 0.")
        self._key = f"videos/{name}"
        self._fps = (getattr(env, "metadata", None) or {}).get("render_fps") or _FPS
        self._every_steps, self._every_episodes, self._max_frames = every_steps, every_episodes, max_frames
        self._episodes = 0
        self._began: int | float | None = None
        self._frames: list[Any] = []
        self._is_on = self._is_broken = False

    def begin(self, render: Callable[[], Any]) -> None:
        """Take the first frame of an episode, if it is one to be filmed; a video that goes on ends here."""
        self.end()
        if self._is_due() and not process_logger.muted:
            self._began = process_logger.now()
            self._is_on = True
            self.take(render)
        self._episodes += 1

    def _is_due(self) -> bool:
        if self._is_broken:
            return False
        if self._every_episodes is not None:
            return self._episodes % self._every_episodes == 0
        assert self._every_steps is not None
        passed = self._every_steps if self._began is None else process_logger.now() - self._began
        return not 0 <= passed < self._every_steps  # time that went back began anew

    def take(self, render: Callable[[], Any]) -> None:
        """Take a frame, if the episode is filmed."""
        if not self._is_on:
            return
        try:
            frame = np.array(as_array(render()))  # a copy: some environments paint over the last one
            if frame.ndim != 3:
                raise TypeError(f"render() gave no picture of (height, width, 3), but the shape {frame.shape}")
        except Exception as error:  # a display or a package is missing, say: the training is worth more
            self._give_up(error)
            return
        self._frames.append(frame)
        if len(self._frames) >= self._max_frames:
            self.end()

    def end(self) -> None:
        """Hand over the video, where there is one."""
        frames, self._frames, self._is_on = self._frames, [], False
        if frames:
            try:
                process_logger.video(self._key, frames, self._fps, step=self._began)
            except (TypeError, ValueError) as error:  # pictures of another size each, say
                self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        self._is_on, self._is_broken = False, True
        self._frames = []
        process_logger.warn_visibly(f"'{self._key}' has no more videos: {type(error).__name__}: {error}")


class VideoRecorder(gymnasium.Wrapper):
    """Films episodes of one environment; see `record_video`.

    Args:
        env: the environment.
        camera: films it.
    """

    def __init__(self, env: gymnasium.Env, camera: Camera) -> None:
        super().__init__(env)
        self._camera = camera
        self._ended = False

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        result = self.env.reset(seed=seed, options=options)
        self._ended = False
        self._camera.begin(self.env.render)
        return result

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        result = self.env.step(action)
        film = self._camera.begin if self._ended else self._camera.take  # see gymnasium.wrappers.Autoreset
        film(self.env.render)
        self._ended = result[2] or result[3]
        if self._ended:
            self._camera.end()
        return result

    def close(self) -> None:
        self._camera.end()
        self.env.close()


class VectorVideoRecorder(VectorWrapper):
    """Films episodes of the first of several environments; see `record_video`.

    Args:
        env: the environments.
        camera: films them.
    """

    def __init__(self, env: VectorEnv, camera: Camera) -> None:
        super().__init__(env)
        self._camera = camera
        mode = autoreset_mode(env)
        self._waits_for_reset, self._begins_at_once = mode == NEXT_STEP, mode == SAME_STEP
        self._to_reset = False

    def _render(self) -> Any:
        pictures: Any = self.env.render()
        return pictures[0] if isinstance(pictures, (tuple, list)) or np.ndim(pictures) > 3 else pictures

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        mask = (options or {}).get("reset_mask")  # before the environment takes it out
        result = self.env.reset(seed=seed, options=options)  # type: ignore[arg-type]  # a list of seeds is fine
        if mask is None or mask[0]:
            self._to_reset = False
            self._camera.begin(self._render)
        return result

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        result = self.env.step(actions)
        ended = bool(result[2][0] or result[3][0])
        begins = self._to_reset or (ended and self._begins_at_once)
        (self._camera.begin if begins else self._camera.take)(self._render)
        if ended and not begins:
            self._camera.end()
        self._to_reset = ended and self._waits_for_reset
        return result

    def close(self, **kwargs: Any) -> None:
        self._camera.end()
        self.env.close(**kwargs)
