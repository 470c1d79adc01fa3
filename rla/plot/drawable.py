"""What all figures of `rla.plot` have in common: they are drawn, shown in notebooks, and saved with what they show."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rla.errors import QueryError

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure

__all__ = ["Drawable"]


class Drawable(ABC):
    """Numbers of a figure, which can be drawn; as the last value of a cell, a notebook shows the figure."""

    @property
    @abstractmethod
    def caption(self) -> str:
        """What a reader must know to believe the figure, in one line."""

    @abstractmethod
    def draw(self) -> Figure:
        """Return the figure."""

    @abstractmethod
    def to_pandas(self) -> pandas.DataFrame:
        """Return what is drawn as one long table."""

    @abstractmethod
    def manifest(self) -> dict[str, Any]:
        """Return what it takes to make the same figure again, as JSON."""

    def sources(self) -> tuple[Path | None, list[str]]:
        """Return the data root, None if there is none, and the names of the experiments that are shown."""
        return None, []

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        figure: Figure | None = None,
        csv: bool = False,
        dpi: float = 300,
        **look: Any,
    ) -> Path:
        """Draw the figure, and save it with its manifest inside; `read_manifest` reads that back.

        The same runs give the same bytes. The data root notes which experiments the figure shows, so that whoever
        wants to delete one is told; a data root that cannot be written is left as it is, with a warning.

        Args:
            path: ``….pdf``, ``….svg`` or ``….png``; folders that are missing are made.
            figure: what is saved instead, such as a figure of `draw` that was changed since.
            csv: whether the table of `to_pandas` is written beside it, as ``….csv``.
            dpi: dots per inch of a PNG.
            look: handed to `draw`; not with ``figure``.

        Returns:
            The path.

        Raises:
            QueryError: the suffix is none of these, or `draw` cannot use an argument.
            TypeError: `draw` has no such argument.
            OSError: the file cannot be written; what was there before is unchanged.
        """
        from rla.plot.figure.saving import format_of, save_figure

        format_of(path)  # a wrong suffix is told before the work
        if figure is not None and look:
            raise QueryError(f"A figure that is given is saved as it is; {', '.join(look)} would draw another.")
        return save_figure(self.draw(**look) if figure is None else figure, path, self, csv=csv, dpi=dpi)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.caption}>"

    def _repr_png_(self) -> tuple[bytes, dict[str, Any]]:
        from rla.plot.figure.shown import notebook_png

        return notebook_png(self.draw())
