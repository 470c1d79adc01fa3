"""The notebook of plots runs from its first cell to its last in a real kernel, and shows what its text says."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

EXAMPLES = Path(__file__).resolve().parent.parent / "example"
NOTEBOOK = EXAMPLES / "plot_res.ipynb"


def outputs_below(notebook: NotebookNode, heading: str) -> list[NotebookNode]:
    """Return what the cells below a heading have shown, up to the next heading."""
    texts = [cell.source if cell.cell_type == "markdown" else "" for cell in notebook.cells]
    start = next(place for place, text in enumerate(texts) if f"# {heading}\n" in f"{text}\n")
    end = next((place for place in range(start + 1, len(texts)) if texts[place].startswith("#")), len(texts))
    return [output for cell in notebook.cells[start:end] for output in cell.get("outputs", ())]


def pictures(outputs: list[NotebookNode]) -> list[bytes]:
    return [base64.b64decode(each.data["image/png"]) for each in outputs if "image/png" in each.get("data", ())]


def text(outputs: list[NotebookNode]) -> str:
    return "".join(each.get("text") or each.get("data", {}).get("text/markdown", "") for each in outputs)


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory, cache_folder: Path) -> Iterator[NotebookNode]:
    """The notebook after its short runs."""
    environment = {
        "PYTHONPATH": str(EXAMPLES.parent),
        "RLA_ROOT": str(tmp_path_factory.mktemp("notebook") / "data"),
        "RLA_CACHE": str(cache_folder),
        "NOTEBOOK_STEPS": "6000",
    }
    found = nbformat.read(NOTEBOOK, as_version=4)
    with mock.patch.dict(os.environ, environment):
        os.environ.pop("MPLBACKEND", None)  # the kernel brings its own
        client = NotebookClient(found, timeout=200, kernel_name="python3", resources={"metadata": {"path": EXAMPLES}})
        yield client.execute()


@pytest.mark.parametrize(
    ("heading", "number"),
    [
        ("One metric", 1),
        ("Several metrics", 1),
        ("Some of the experiments", 1),
        ("A legend for each pattern", 1),
        ("A legend by a function", 1),
        ("Pictures that runs have saved", 1),
        ("Figures for a paper", 2),
    ],
)
def test_each_part_shows_its_pictures(notebook: NotebookNode, heading: str, number: int) -> None:
    found = pictures(outputs_below(notebook, heading))
    assert len(found) == number
    assert all(len(each) > 5000 for each in found)


def test_the_statistics_are_printed(notebook: NotebookNode) -> None:
    assert "0.1 is better by" in text(outputs_below(notebook, "Statistics"))


def test_the_table_is_one_of_markdown_and_one_of_latex(notebook: NotebookNode) -> None:
    shown = text(outputs_below(notebook, "A table"))
    assert "| all tasks" in shown
    assert "\\toprule" in shown


def test_the_verdict_is_a_sentence(notebook: NotebookNode) -> None:
    assert text(outputs_below(notebook, "A verdict")).startswith("learning_rate == 0.1 is ")


def test_the_notebook_that_is_kept_has_been_executed() -> None:
    kept = nbformat.read(NOTEBOOK, as_version=4)
    code = [cell for cell in kept.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert not [output for cell in code for output in cell.outputs if output.output_type == "error"]
