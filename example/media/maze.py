"""A maze that draws itself: the agent looks for the way from the left to the goal on the right."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np

PLAN = (
    "#############",
    "#S  #       #",
    "#   #  ###  #",
    "#   #    #  #",
    "#        #  #",
    "####  ####  #",
    "#     #     #",
    "#     #   G #",
    "#############",
)
MOVES = ((-1, 0), (0, 1), (1, 0), (0, -1))
TILE = 24
COLOURS = {"#": (60, 66, 82), " ": (245, 245, 245), "S": (214, 228, 240), "G": (0, 158, 115)}
AGENT = (213, 94, 0)


class Maze(gymnasium.Env[int, int]):
    """Cells in rows and columns; each step costs 1, an episode ends at the goal or after 200 steps.

    Args:
        render_mode: ``"rgb_array"`` makes `render` return pictures.
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": 20}  # noqa: RUF012  # as gymnasium has it

    def __init__(self, render_mode: str | None = None) -> None:
        self.render_mode = render_mode
        self.plan = np.array([list(row) for row in PLAN])
        self.observation_space = gymnasium.spaces.Discrete(self.plan.size)
        self.action_space = gymnasium.spaces.Discrete(len(MOVES))
        self._start = tuple(np.argwhere(self.plan == "S")[0])
        self._tiles = np.array([[COLOURS[cell] for cell in row] for row in self.plan], dtype=np.uint8)
        self._place = self._start
        self._steps = 0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        """Begin at the start; return the number of the cell."""
        super().reset(seed=seed)
        self._place, self._steps = self._start, 0
        return self._cell(), {}

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        """Go up, right, down or left (0 to 3); walls hold the agent where it is."""
        target = tuple(np.add(self._place, MOVES[action]))
        if self.plan[target] != "#":
            self._place = target
        self._steps += 1
        return self._cell(), -1.0, bool(self.plan[self._place] == "G"), self._steps >= 200, {}

    def render(self) -> np.ndarray:
        """Return a picture of the maze and the agent, (height, width, 3) of uint8."""
        picture = self._tiles.repeat(TILE, axis=0).repeat(TILE, axis=1)
        row, column = (int(place) * TILE for place in self._place)
        picture[row + 5 : row + TILE - 5, column + 5 : column + TILE - 5] = AGENT
        return picture

    def _cell(self) -> int:
        row, column = self._place
        return int(row) * self.plan.shape[1] + int(column)
