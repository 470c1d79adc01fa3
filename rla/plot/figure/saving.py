"""Figures as files that say what they show: PDF, SVG and PNG with a manifest, and the same bytes for the same runs."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rla import files
from rla.database.ledger import record_figure
from rla.errors import QueryError, RLAError, did_you_mean, warn_quietly
from rla.output.media.figures import render
from rla.plot.drawable import Drawable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FIELDS", "format_of", "save_figure"]

FIELDS: Final = {"pdf": "Subject", "svg": "Description", "png": "rla"}
"""Format → the field of its metadata that has the manifest."""

_NO_DATES: Final[dict[str, dict[str, Any]]] = {"pdf": {"CreationDate": None}, "svg": {"Date": None}, "png": {}}

_STYLE: Final[Any] = {
    "pdf.fonttype": 42,  # TrueType: texts can be searched and edited, and publishers accept it
    "svg.hashsalt": "rla",  # ids within the file are the same each time
    "savefig.bbox": "standard",  # the size that was asked for
}


def format_of(path: str | os.PathLike[str]) -> str:
    """Return the format that the suffix of a path says.

    Raises:
        QueryError: it is none that a figure is saved in.
    """
    suffix = Path(path).suffix.lower()
    if suffix.removeprefix(".") not in FIELDS:
        known = [f".{each}" for each in FIELDS]
        came = f"'{suffix}' is none of them" if suffix else "it has none"
        raise QueryError(
            f"The suffix of '{os.fspath(path)}' says in which format the figure is saved; expected "
            f"{', '.join(known)}, and {came}.{did_you_mean(suffix, known)}"
        )
    return suffix.removeprefix(".")


def save_figure(
    figure: Figure, path: str | os.PathLike[str], shows: Drawable, *, csv: bool = False, dpi: float = 300
) -> Path:
    """Save a figure that was drawn, and perhaps changed, as `Curves.save` does.

    Args:
        figure: the figure; it stays as it is.
        path: ``….pdf``, ``….svg`` or ``….png``; folders that are missing are made.
        shows: what it shows, such as `Curves`; its manifest is put into the file.
        csv: whether the table of what it shows is written beside it, as ``….csv``.
        dpi: dots per inch of a PNG.

    Returns:
        The path.

    Raises:
        QueryError: the suffix is none of these.
        OSError: the file cannot be written; what was there before is unchanged.
    """
    from matplotlib import rc_context

    target, kind = Path(path), format_of(path)
    manifest = json.dumps(shows.manifest(), sort_keys=True)
    with rc_context(_STYLE):
        content = render(figure, kind, dpi=dpi, bbox_inches=None, metadata={FIELDS[kind]: manifest, **_NO_DATES[kind]})
    files.make_directories(target.parent)
    files.write_atomic(target, content)
    if csv:
        files.write_atomic(target.with_suffix(".csv"), shows.to_pandas().to_csv(index=False))
    data_root, experiments = shows.sources()
    if data_root is not None and experiments:
        try:
            record_figure(data_root, target, experiments)
        except (OSError, RLAError) as error:  # the figure itself is saved
            warn_quietly(f"the data root does not know of the figure '{target}': {error}")
    return target
