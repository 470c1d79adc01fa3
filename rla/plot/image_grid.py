"""Pictures in a figure: a row for each run, or a grid where each run has one."""

from __future__ import annotations

import functools
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from rla.database.index_name import parse_index_name
from rla.errors import QueryError, warn_quietly

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from PIL.Image import Image

__all__ = ["MOST_CELLS", "draw_images", "run_labels"]

MOST_CELLS: Final = 200
"""A figure with more pictures cannot be read."""

CELL_WIDTH: Final = 3.2
"""Inches."""

GRID_COLUMNS: Final = 4
"""So many stand beside each other where each run has one picture."""

_LINE_HEIGHT: Final = 0.17
_LETTERS_PER_INCH: Final = 13
_LABEL_LINES: Final = 3
_SHARE_OF_CELLS: Final = 0.7
"""Of the width of a figure of the user; the rest is between and beside them."""

_FLATTEST: Final = 0.3
_TALLEST: Final = 1.5
"""Heights of a cell, in widths; a picture that is flatter or taller has room beside it."""

_PIXELS: Final = 64_000_000
"""In all; larger pictures are made smaller while they are read, so that a figure of many fits into memory."""
_LONGEST_SIDE: Final = 2_000


@dataclass(frozen=True)
class _Cell:
    """A place in the figure: a picture, or what is said in its stead."""

    label: str
    file: str = ""
    path: Path | None = None
    text: str = ""
    image: Image | None = None

    def title(self, letters: int) -> str:
        """Return label and file name, in lines of so many letters."""
        shorten = functools.partial(textwrap.wrap, width=letters, placeholder=" …", break_on_hyphens=False)
        return "\n".join([*shorten(self.label, max_lines=_LABEL_LINES), *(shorten(self.file) or [""])])


def draw_images(
    found: Mapping[str, Mapping[str, Sequence[Path]]],
    *,
    newest: int = 1,
    figure: Figure | SubFigure | None = None,
) -> Figure | SubFigure:
    """Draw pictures of runs side by side.

    Args:
        found: name of the experiment → name → paths, the newest first.
        newest: so many pictures of each name and run.
        figure: where to draw; a new figure of pyplot when None.

    Returns:
        The figure.

    Raises:
        QueryError: there is nothing to show, or too much.
    """
    if newest < 1:
        raise QueryError(f"newest is how many pictures of a name are shown, at least 1; got {newest!r}.")
    rows = _rows(found, newest)
    number = sum(cell is not None for row in rows for cell in row)
    if not 0 < number <= MOST_CELLS:
        raise QueryError(
            f"A figure shows up to {MOST_CELLS} pictures; these are {number}. Ask for fewer experiments or names."
        )
    side = min(_LONGEST_SIDE, int((_PIXELS / number) ** 0.5))
    rows = [[cell and _read(cell, side) for cell in row] for row in rows]
    columns = max(map(len, rows))
    width = CELL_WIDTH if figure is None else _SHARE_OF_CELLS * figure.bbox.width / figure.dpi / columns
    letters = max(int(width * _LETTERS_PER_INCH), 8)
    heights = [_height(row, letters) for row in rows]
    if figure is None:
        import matplotlib.pyplot as plt

        figure = plt.figure(figsize=(CELL_WIDTH * columns, sum(heights)), layout="constrained")
    grid = figure.add_gridspec(len(rows), columns, height_ratios=heights)
    for place, row in enumerate(rows):
        for column, cell in enumerate(row):
            if cell is not None:
                _draw(figure.add_subplot(grid[place, column]), cell, letters)
    return figure


def run_labels(names: Sequence[str]) -> list[str]:
    """Return what runs are called beside each other: the tracked hyper-parameters in which they differ.

    Those that have no other label than another run are told apart by their time, and by their day if need be.

    Args:
        names: ``<task>/<%Y/%m/%d>/<index name>`` of each.
    """
    parsed = [parse_index_name(PurePosixPath(name).name) for name in names]
    values = [each.parameters if each else {} for each in parsed]
    keys = dict.fromkeys(key for each in values for key in each)
    differing = [key for key in keys if len(names) == 1 or len({each.get(key) for each in values}) > 1]
    labels = [", ".join(f"{key}={each[key]}" for key in differing if key in each) for each in values]
    times = [each.time if each else PurePosixPath(name).name for name, each in zip(names, parsed, strict=True)]
    days = [str(PurePosixPath(name).parent) for name in names]
    for more in (times, days):
        several = Counter(labels)
        labels = [
            label if label and several[label] == 1 else f"{label}, {addition}".removeprefix(", ")
            for label, addition in zip(labels, more, strict=True)
        ]
    return labels


def _rows(found: Mapping[str, Mapping[str, Sequence[Path]]], newest: int) -> list[list[_Cell | None]]:
    """Return the cells of each row, None where there is nothing; all rows are of one length."""
    labels = run_labels(list(found))
    blocks: list[list[list[_Cell | None]]] = [
        [_cells(label, name, paths[:newest]) for name, paths in by_name.items()]
        for label, by_name in zip(labels, found.values(), strict=True)
    ]
    widths = [max(map(len, of_name)) for of_name in zip(*blocks, strict=True)]
    if len(blocks) == 1 and max(widths, default=1) > 1:  # one run with several of each: a row for each name
        rows, widths = blocks[0], [max(widths)]
        return [row + [None] * (widths[0] - len(row)) for row in rows]
    rows = [
        [cell for cells, width in zip(block, widths, strict=True) for cell in cells + [None] * (width - len(cells))]
        for block in blocks
    ]
    if len(blocks) > 1 and sum(widths) > 1:
        return rows
    every = [cell for row in rows for cell in row]
    columns = min(GRID_COLUMNS, len(every)) or 1
    every += [None] * (-len(every) % columns)
    return [every[start : start + columns] for start in range(0, len(every), columns)]


def _cells(label: str, name: str, paths: Sequence[Path]) -> list[_Cell | None]:
    folder = PurePosixPath(name).parent
    return [_Cell(label, str(folder / path.name), path) for path in paths] or [_Cell(label, text=f"no {name}")]


def _read(cell: _Cell, side: int) -> _Cell:
    """Return a cell with its picture, no larger than needed; where it cannot be read, the cell says so."""
    if cell.path is None:
        return cell
    import numpy as np
    import PIL.Image

    try:
        with PIL.Image.open(cell.path) as opened:
            image: Image = opened
            if image.mode.startswith("I;16"):  # Pillow would cut its values at 255
                image = PIL.Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
            image.thumbnail((side, side))
            see_through = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
            return replace(cell, image=image.convert("RGBA" if see_through else "RGB"))
    except Exception as error:  # Pillow raises errors of all kinds for broken files, of which SyntaxError is one
        problem = str(error).replace(str(cell.path), cell.path.name) or type(error).__name__
        warn_quietly(f"{cell.path} cannot be shown: {problem}")
        return replace(cell, text=f"cannot be shown:\n{problem}")


def _height(row: Iterable[_Cell | None], letters: int) -> float:
    """Return the height of a row in inches, where a cell is `CELL_WIDTH` wide."""
    cells = [cell for cell in row if cell is not None]
    shapes = [cell.image.height / cell.image.width for cell in cells if cell.image is not None]
    lines = max(cell.title(letters).count("\n") for cell in cells) + 2
    return min(max(*shapes, _FLATTEST, _FLATTEST), _TALLEST) * CELL_WIDTH + lines * _LINE_HEIGHT


def _draw(axes: Axes, cell: _Cell, letters: int) -> None:
    axes.set_title(cell.title(letters), fontsize="small", parse_math=False)
    axes.set(xticks=[], yticks=[], anchor="N")
    axes.spines[:].set(color="0.85")
    if cell.image is not None:
        axes.imshow(cell.image)
        return
    text = "\n".join(textwrap.fill(line, letters) for line in cell.text.splitlines())
    middle: dict[str, Any] = {"ha": "center", "va": "center", "transform": axes.transAxes}
    axes.text(0.5, 0.5, text, color="0.4", fontsize="small", parse_math=False, **middle)
