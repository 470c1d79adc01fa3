"""The manifest of a figure that was saved: which runs it shows, and how its numbers were made."""

from __future__ import annotations

import html
import io
import json
import os
import re
from pathlib import Path
from typing import Any, Final

from rla import files
from rla.errors import QueryError

__all__ = ["read_manifest"]

_PDF: Final = re.compile(rb"/Subject \(((?:[^()\\]|\\.)*)\)", re.DOTALL)
"""The field of a PDF as a literal string, in which parentheses and backslashes are escaped (ISO 32000-1, 7.3.4.2)."""

_SVG: Final = re.compile(rb"<dc:description>(.*?)</dc:description>", re.DOTALL)


def read_manifest(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the manifest of a figure that `save` has written.

    Args:
        path: a PDF, SVG or PNG.

    Raises:
        QueryError: there is none in it.
        OSError: it cannot be read.
    """
    content = files.read_regular(path)
    try:
        found = json.loads(_text(content))
    except ValueError:
        found = None
    if not isinstance(found, dict) or "rla" not in found:
        raise QueryError(
            f"'{Path(path)}' has no manifest. Figures have one that rla.plot has saved as PDF, SVG or PNG, and that no "
            "other program has written anew."
        )
    return found


def _text(content: bytes) -> str:
    if content.startswith(b"\x89PNG"):
        return _of_png(content)
    if content.startswith(b"%PDF"):
        match = _PDF.search(content)
        return re.sub(rb"\\(.)", rb"\1", match[1]).decode("ascii") if match else ""
    match = _SVG.search(content)
    return html.unescape(match[1].decode("utf-8")) if match else ""


def _of_png(content: bytes) -> str:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
            return str(image.info.get("rla", ""))
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError("a damaged picture") from error
