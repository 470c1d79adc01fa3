"""Pictures that runs saved in their results, found by the name that the recorder was given."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from rla.errors import QueryError, did_you_mean, warn_quietly
from rla.experiment.recorders import PICTURE_FORMATS
from rla.names import RESULTS, safe_name
from rla.output.media.places import safe_parts
from rla.plot.arms import Source, experiments_from
from rla.plot.image_grid import draw_images
from rla.query import Experiment, Experiments

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

__all__ = ["list_saved_images", "pictures_in", "saved_images"]

_SHOWN: Final = 20

_NUMBERS: Final = re.compile(r"(?:-(?P<step>-?\d+(?:\.\d+)?(?:e[-+]?\d+)?))?(?:-(?P<number>\d+))?")
"""What a recorder puts behind a name: the time step, and the number of a file whose name was taken."""


def saved_images(
    source: Source | Sequence[Experiment],
    names: str | Sequence[str],
    *,
    newest: int = 1,
    figure: Figure | SubFigure | None = None,
) -> Figure | SubFigure:
    """Show pictures that runs saved side by side: a row for each run, or a grid where each run has one picture.

    Above each picture stand the tracked hyper-parameters in which the runs differ, and the name of the file. A run that
    saved none has an empty cell that says so; what cannot be read is told of in its cell, and as a warning.

    Args:
        source: the runs, as `rla.query.experiments` returns them; or the data root whose runs are meant.
        names: the names that `ImgRecorder`, `MatplotlibRecorder` or `logger.image` were given.
        newest: so many pictures of each name and run, those of the largest time steps.
        figure: where to draw; a new figure of pyplot, as large as the pictures need, when None.

    Returns:
        The figure.

    Raises:
        QueryError: there are no experiments, none of them saved a picture of that name, or there are too many pictures
            for a figure.
    """
    found = list_saved_images(source, names)
    return draw_images(found, newest=newest, figure=figure)


def list_saved_images(
    source: Source | Sequence[Experiment], names: str | Sequence[str]
) -> dict[str, dict[str, list[Path]]]:
    """Return the pictures that runs saved, without reading them: name of the experiment → name → paths.

    Paths are sorted by time step, the largest first; where a file name has none, by the number that it was given. A
    name that stands in no folder of that name is looked for in all subfolders.

    Args:
        source: the runs, or the data root.
        names: as `saved_images` takes them; each is in the answer for each run.

    Raises:
        QueryError: there are no experiments, or none of them saved a picture of that name.
    """
    asked = [names] if isinstance(names, str) else list(dict.fromkeys(names))
    if not asked or not all(isinstance(name, str) and name for name in asked):
        raise QueryError(f"names are those that the recorder was given, e.g. ['policy']; got {names!r}.")
    runs = experiments_from(source) if isinstance(source, (str, os.PathLike, Experiments)) else source
    folders = {run.name: run.place.path(RESULTS) for run in runs}
    if not folders:
        raise QueryError("There is nothing to show: no experiment was given. `rla ls` lists what is there.")
    found = {run: pictures_in(folder, asked) for run, folder in folders.items()}
    for name in asked:
        if not any(by_name[name] for by_name in found.values()):
            known = sorted({known for folder in folders.values() for known in _known_names(folder)})
            shown = ", ".join(known[:_SHOWN]) + ", …" * (len(known) > _SHOWN) if known else "none"
            raise QueryError(
                f"None of these {len(folders)} experiments has saved a picture '{name}'.{did_you_mean(name, known)} "
                f"Pictures there are: {shown}."
            )
    return found


def pictures_in(folder: str | os.PathLike[str], names: Iterable[str]) -> dict[str, list[Path]]:
    """Return the pictures of a results folder by name, the newest first; a name without any has none.

    A file that fits several of the names belongs to the longest: ``value-2.png`` to ``value-2``, not to ``value``.

    Args:
        folder: the results folder of a run; it need not exist.
        names: those that the recorder was given.
    """
    asked = {name: _Asked.of(name) for name in names}
    exact: dict[str, list[_Saved]] = {name: [] for name in asked}
    below: dict[str, list[_Saved]] = {name: [] for name in asked}
    for file in _files(Path(folder)):
        fitting = {name: saved for name, one in asked.items() if (saved := one.match(file)) is not None}
        longest = max((len(asked[name].stem) for name in fitting), default=0)
        for name, saved in fitting.items():
            if len(asked[name].stem) == longest:
                (exact if file.folder == asked[name].folder else below)[name].append(saved)
    return {name: [saved.path for saved in sorted(exact[name] or below[name], reverse=True)] for name in asked}


@dataclass(frozen=True)
class _File:
    """A picture below a results folder; ``folder`` and ``stem`` are what they would be if we had named it."""

    path: Path
    folder: tuple[str, ...]
    stem: str
    ending: str


@dataclass(frozen=True, order=True)
class _Saved:
    """A picture of a name, ordered by its age."""

    time_step: float
    number: int
    changed: float
    path: Path


@dataclass(frozen=True)
class _Asked:
    """A name as it is on the disk."""

    folder: tuple[str, ...]
    stem: str
    ending: str | None

    @classmethod
    def of(cls, name: str) -> _Asked:
        stem, ending = os.path.splitext(name)
        if ending.lower() not in PICTURE_FORMATS:
            stem, ending = name, ""
        *folder, last = safe_parts(stem)
        return cls(tuple(folder), last, ending.lower() or None)

    def match(self, file: _File) -> _Saved | None:
        """Return a file as a picture of this name; None when it is none."""
        if self.ending not in (None, file.ending) or not file.stem.startswith(self.stem):
            return None
        if self.folder and file.folder[-len(self.folder) :] != self.folder:
            return None
        numbers = _NUMBERS.fullmatch(file.stem, len(self.stem))
        if numbers is None:
            return None
        try:
            changed = file.path.stat().st_mtime
        except OSError:  # it vanished since it was found
            return None
        step = -math.inf if numbers["step"] is None else float(numbers["step"])
        return _Saved(step, int(numbers["number"] or 0), changed, file.path)


def _files(folder: Path) -> Iterator[_File]:
    """Yield the pictures below a folder."""

    def tell(error: OSError) -> None:
        if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
            warn_quietly(f"pictures in {error.filename} are not shown: {error.strerror}.")

    for top, _, files in os.walk(folder, onerror=tell):
        inside = tuple(map(safe_name, Path(top).relative_to(folder).parts))
        for file in files:
            stem, ending = os.path.splitext(file)
            if ending.lower() in PICTURE_FORMATS:
                yield _File(Path(top, file), inside, safe_name(stem), ending.lower())


def _known_names(folder: Path) -> set[str]:
    """Return the names that pictures of a run may have been given."""
    known = set()
    for file in _files(folder):
        end = next(end for end in range(len(file.stem) + 1) if _NUMBERS.fullmatch(file.stem, end))
        known.add(str(PurePosixPath(*file.folder, file.stem[:end] or file.stem)))
    return known
