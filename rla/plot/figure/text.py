"""Texts of figures: names of runs and metrics as they are, whatever characters they have; and how wide a text is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from rla.errors import printable

__all__ = ["CAPTION", "SMALL", "TEXT", "Labels", "label_of", "plain", "width_of", "wrapped"]

TEXT: Final = 8.0
"""Points: titles and names of axes, as the text of figures in papers of two columns."""

SMALL: Final = 7.0
"""Points: numbers at axes, legends."""

CAPTION: Final = 6.0
"""Points: the line under a figure."""

Labels: TypeAlias = Mapping[str, str] | Callable[[str], str] | None
"""What the legend says for an arm, by its name; what is not there stays as it is."""


def plain(name: str) -> str:
    """Return a name so that matplotlib draws it as it is: a dollar begins no formula."""
    return printable(name).replace("$", r"\$")


def label_of(name: str, labels: Labels) -> str:
    """Return what a legend says of an arm; what the user has written may have formulas."""
    given = labels(name) if callable(labels) else (labels or {}).get(name, name)
    return plain(name) if given == name else str(given)


def width_of(text: str, size: float) -> float:
    """Return how wide a text is drawn, in inches.

    Args:
        text: one line, as it is given to matplotlib.
        size: of the font, in points.
    """
    from matplotlib.cbook import is_math_text
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    is_formula = bool(is_math_text(text))
    shown = text if is_formula else text.replace(r"\$", "$")
    width, _, _ = text_to_path.get_text_width_height_descent(shown, FontProperties(size=size), ismath=is_formula)
    return float(width) / 72


def wrapped(text: str, width: float, size: float) -> str:
    """Return a text with line breaks, so that no line is wider than ``width`` inches.

    Lines break between words; a word that is wider breaks after a slash, a dot or an underscore, or anywhere.
    """
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if width_of(longer, size) <= width:
            line = longer
            continue
        lines += [line] if line else []
        *whole, line = _pieces(word, width, size)
        lines += whole
    return "\n".join([*lines, line])


def _pieces(word: str, width: float, size: float) -> list[str]:
    """Return a word in pieces that are no wider than ``width``."""
    pieces = []
    while len(word) > 1 and width_of(word, size) > width:
        end = next((end for end in range(len(word) - 1, 0, -1) if width_of(word[:end], size) <= width), 1)
        end = next((cut + 1 for cut in range(end - 1, end // 2, -1) if word[cut] in "/._,-"), end)
        if word[end - 1 : end + 1] == r"\$":  # an escaped dollar stays whole
            end = end - 1 or 2
        pieces.append(word[:end])
        word = word[end:]
    return [*pieces, word]
