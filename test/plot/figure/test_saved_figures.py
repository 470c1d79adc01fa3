"""A figure that is saved says which runs it shows, and the same runs give the same bytes.

A data root that cannot be written is no hindrance.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from rla import files
from rla.database.ledger import figures_by_experiment
from rla.errors import QueryError, RLAWarning
from rla.plot import (
    Curves,
    curves,
    differences,
    improvement_probabilities,
    interval_estimates,
    performance_profiles,
    read_manifest,
    scores,
)
from rla.query import experiments

SUFFIXES = ["pdf", "svg", "png"]


@pytest.fixture(scope="module")
def found(lab: Path) -> Curves:
    return curves(experiments(lab, where='env_id == "Ant-v4"'), "eval/return", "algo")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_manifest_is_read_back(found: Curves, tmp_path: Path, suffix: str) -> None:
    path = found.save(tmp_path / f"figure.{suffix}", dpi=60)
    manifest = read_manifest(path)
    assert manifest == json.loads(json.dumps(found.manifest()))
    assert sorted(name for names in manifest["runs"].values() for name in names) == found.experiments


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_odd_letters_in_the_manifest_come_back(
    runs: Callable[..., None], data_root: Path, tmp_path: Path, suffix: str
) -> None:
    runs("sac", [[1.0, 2.0]], metric=r"a) (b\ <c> & 'd' ---> \) --")
    odd = curves(data_root, r"a) (b\ <c> & 'd' ---> \) --", lambda _: "é 中文")
    path = odd.save(tmp_path / f"figure.{suffix}", labels=lambda _: "an arm", caption=False, dpi=60)
    assert read_manifest(path) == json.loads(json.dumps(odd.manifest()))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_runs_give_the_same_bytes(found: Curves, lab: Path, tmp_path: Path, suffix: str) -> None:
    first = found.save(tmp_path / f"first.{suffix}", dpi=60).read_bytes()
    again = curves(experiments(lab, where='env_id == "Ant-v4"'), "eval/return", "algo")
    assert again.save(tmp_path / f"second.{suffix}", dpi=60).read_bytes() == first


def test_a_figure_has_the_size_that_was_asked_for(found: Curves, tmp_path: Path) -> None:
    with Image.open(found.save(tmp_path / "figure.png", size=(4, 3), dpi=100)) as image:
        assert image.size == (400, 300)


def test_a_pdf_has_its_texts_as_texts(found: Curves, tmp_path: Path) -> None:
    content = found.save(tmp_path / "figure.pdf").read_bytes()
    assert b"/FontFile2" in content  # TrueType
    assert b"/Type3" not in content
    assert b"CreationDate" not in content


def test_the_numbers_stand_beside_the_figure(found: Curves, tmp_path: Path) -> None:
    found.save(tmp_path / "new" / "folder" / "figure.svg", csv=True)
    with open(tmp_path / "new" / "folder" / "figure.csv", newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [float(row["estimate"]) for row in rows if row["arm"] == "sac"] == found["sac"].centre.tolist()


def test_a_figure_that_was_changed_is_saved_with_the_manifest(found: Curves, tmp_path: Path) -> None:
    figure = found.draw()
    figure.axes[0].set_title("changed")
    path = found.save(tmp_path / "figure.svg", figure=figure)
    assert read_manifest(path)["rla"] == found.manifest()["rla"]
    assert "changed" in path.read_text(encoding="utf-8")  # a comment beside each text of an svg
    with pytest.raises(QueryError, match="log would draw another"):
        found.save(path, figure=figure, log="y")


def test_the_data_root_knows_of_the_figure(runs: Callable[..., None], data_root: Path, tmp_path: Path) -> None:
    runs("sac", [[1.0, 2.0]])
    shown = curves(data_root, "eval/return", "algo")
    path = shown.save(tmp_path / "figure.png", dpi=60)
    assert figures_by_experiment(data_root) == {shown.experiments[0]: [str(path)]}


def test_a_data_root_that_cannot_be_written_gives_a_warning_alone(
    found: Curves, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = files.make_directories

    def refuse(path: Path) -> None:
        if ".rla" in Path(path).parts:
            raise OSError(30, "Read-only file system", str(path))
        make(path)

    monkeypatch.setattr(files, "make_directories", refuse)
    with pytest.warns(RLAWarning, match="does not know of the figure .*Read-only"):
        path = found.save(tmp_path / "figure.png", dpi=60)
    assert read_manifest(path)["metrics"] == ["eval/return"]


def test_what_was_there_stays_when_a_figure_cannot_be_written(
    found: Curves, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "figure.png"
    path.write_text("an older figure")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "append", full)
    with pytest.raises(OSError, match="No space"):
        found.save(path)
    assert path.read_text() == "an older figure"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("figure.jpg", "expected .pdf, .svg, .png, and '.jpg' is none"),
        ("figure", "it has none"),
        ("a.pgn", "Did you mean '.png'"),
    ],
)
def test_another_suffix_is_refused_before_anything_is_drawn(
    found: Curves, tmp_path: Path, name: str, says: str
) -> None:
    with pytest.raises(QueryError, match=says):
        found.save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_files_without_a_manifest_are_told(tmp_path: Path) -> None:
    for name, content in (
        ("other.pdf", b"%PDF-1.4\n/Subject (about dogs)"),
        ("cut.png", b"\x89PNG\r\n\x1a\n\0\0"),
        ("page.svg", b"<svg><dc:description>&lt;b&gt;</dc:description></svg>"),
        ("list.svg", b"<svg><dc:description>[1]</dc:description></svg>"),
        ("odd.pdf", b"%PDF-1.4\n/Subject (\xff\xfe)"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(QueryError, match="has no manifest"):
            read_manifest(tmp_path / name)


def test_figures_of_scores_are_saved_alike(lab: Path, tmp_path: Path) -> None:
    final = scores(lab, "eval/return", "algo", normalize={"Ant-v4": (0, 3000), "Hopper-v4": (0, 1000)})
    for kind in (
        interval_estimates(final, n_boot=100),
        performance_profiles(final, n_boot=100),
        improvement_probabilities(final, n_boot=100),
        differences(final, "sac", "td3", n_boot=100),
    ):
        path = tmp_path / "figure.svg"
        kind.save(path, csv=True)
        manifest = read_manifest(path)
        assert manifest == json.loads(json.dumps(kind.manifest()))
        assert len(manifest["runs"]["sac"]) == 12
        assert len(path.with_suffix(".csv").read_text().splitlines()) == 1 + len(kind.to_pandas())
