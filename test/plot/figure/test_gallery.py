"""The script of the gallery makes each picture that docs/gallery.md shows, with the programs of the page itself."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from rla.plot import read_manifest

DOCS = Path(__file__).resolve().parents[3] / "docs"
PAGE = (DOCS / "gallery.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"!\[[^\]]+\]\((gallery/[^)]+\.png)\)", PAGE)

SMALL = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import gallery
gallery.main(Path(sys.argv[2]), seeds=2, rows=20)
"""
"""The gallery with fewer seeds, to be quick."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    program = [sys.executable, "-W", "error::rla.errors.RLAWarning", "-c", SMALL, str(DOCS), str(folder)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=110, check=False, cwd=DOCS.parent)
    assert done.returncode == 0, done.stderr
    return folder


def test_each_picture_of_the_page_is_made_and_no_other(made: Path) -> None:
    assert sorted(path.relative_to(made).as_posix() for path in made.rglob("*.png")) == sorted(SHOWN)


def test_the_pictures_of_the_page_are_there_and_small() -> None:
    pictures = {path: path.stat().st_size for path in (DOCS / "gallery").iterdir()}
    assert sorted(path.relative_to(DOCS).as_posix() for path in pictures) == sorted(SHOWN)
    assert max(pictures.values()) < 60_000
    assert sum(pictures.values()) < 700_000


def test_the_pictures_say_what_they_show(made: Path) -> None:
    for name in SHOWN:
        if "own_axes" not in name:
            assert read_manifest(DOCS / name).keys() == read_manifest(made / name).keys()


def test_the_small_gallery_has_pictures_of_the_same_width(made: Path) -> None:
    for name in SHOWN:
        with Image.open(DOCS / name) as kept, Image.open(made / name) as new:
            assert kept.width == new.width
