"""The snippets of the README and of docs/ do what they say."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner

from rla.cli.main import _group
from test.warm_python import WarmPython

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[no-redef]

REPOSITORY = Path(__file__).resolve().parent.parent
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")

RUN_ELSEWHERE = {
    "make demo": "test_example.py runs the same program; that the target exists is tested here",
    "make test": "this test is a part of it",
    'pip install -e ".[demo]"': "test/compat installs into fresh environments",
    "python example/simplest_code/main.py": "test_example.py runs it",
    "rla push --since 2d --to ssh://main.lab/srv/data": "test/pages/nodes runs such commands with a server",
    "rla pull '2026/11/*' --from ssh://main.lab/srv/data": "the same",
    "rla sync ssh://gpu1/data ssh://gpu2/data --watch": "the same",
    "tensorboard --logdir log/demo_task": "a server that would not end; its folder is checked here",
}

NAMES = ("comparing", "fork", "logger", "old_plots", "outputs", "recording", "resume", "statistics")
PAGES = [f"{name}.md" for name in NAMES]
"""The pages of docs/ that have programs."""

HEAVY = re.compile(r"^(from|import) (torch|tensorboardX|stable_baselines3)\b", re.M)
"""Programs that take seconds to import what they need."""

RUN_BY_OTHER_TESTS = ["gallery.md", "query.md", "sync.md", "tidy.md"]
"""test/plot/figure/test_gallery.py and test/pages run the programs of these pages."""


def blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.M | re.S)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, cache_folder: Path, warm_python: WarmPython) -> Path:
    """A folder with the template beside it, in which all Python snippets of the README were run in order."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(REPOSITORY / "example" / "rla_config.yaml", folder)
    (folder / "train.py").write_text("\n".join(blocks("python")), encoding="utf-8")
    environment = {"PYTHONPATH": str(REPOSITORY), "MPLBACKEND": "agg", "RLA_CACHE": str(cache_folder)}
    done = warm_python.begin(folder / "train.py", env=environment, cwd=folder).done()
    assert done.returncode == 0, done.stderr
    (folder / "stdout.txt").write_text(done.stdout, encoding="utf-8")
    return folder


def test_the_python_snippets_run_in_order(project: Path) -> None:
    assert (project / "curve.png").stat().st_size > 1000
    assert "buffer filled" in (project / "stdout.txt").read_text(encoding="utf-8")
    assert list(project.glob("results/demo_task/*/*/*/*/value_function*.png"))
    assert list(project.glob("log/demo_task/*/*/*/*/tb/events/events.out.tfevents.*"))


@pytest.fixture(scope="module", params=PAGES)
def page_project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files of a page of docs/: the first line of each Python snippet there names its file.

    Others go on in a file: ``# name.py, continued``.
    """
    folder = tmp_path_factory.mktemp("page")
    text = (REPOSITORY / "docs" / request.param).read_text(encoding="utf-8")
    for block in blocks("python", text):
        name = re.match(r"# (\w+\.py)(, continued)?\n", block)
        assert name is not None, f"a snippet of {request.param} names no file:\n{block}"
        with open(folder / name[1], "a" if name[2] else "x", encoding="utf-8") as program:
            program.write(block)
    for block in blocks("toml", text):
        install(folder / "site", block)
    return folder


def install(site: Path, pyproject: str) -> None:
    """Put the records of an installed package into a folder, with the entry points of its pyproject.toml."""
    groups = tomllib.loads(pyproject)["project"]["entry-points"]
    lines = [f"[{group}]\n" + "".join(f"{name} = {path}\n" for name, path in groups[group].items()) for group in groups]
    information = site / "of_a_page-1.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: of-a-page\nVersion: 1.0\n", encoding="utf-8")
    (information / "entry_points.txt").write_text("".join(lines), encoding="utf-8")


def run_in(folder: Path, *arguments: str, path: Sequence[Path] = ()) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (REPOSITORY, *path)))},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_programs_and_tests_of_a_page_run(page_project: Path, warm_python: WarmPython) -> None:
    def run(path: Path) -> None:
        if path.name.startswith("test_"):
            assert " passed" in run_in(page_project, "-m", "pytest", "-q", "-p", "no:cacheprovider", path.name)
        else:
            run_in(page_project, path.name)

    paths = sorted(page_project.glob("*.py"))
    heavy = [path for path in paths if HEAVY.search(path.read_text("utf-8"))]
    begun = [warm_python.begin(path, env={"PYTHONPATH": str(REPOSITORY)}, cwd=page_project) for path in heavy]
    with ThreadPoolExecutor(2) as pool:  # most of their time is that of imports
        for done in [pool.submit(run, path) for path in paths if path not in heavy]:
            done.result()
    for program in begun:
        finished = program.done()
        assert finished.returncode == 0, finished.stdout + finished.stderr


@pytest.mark.parametrize("page_project", ["outputs.md"], indirect=True)
def test_the_format_of_the_page_about_outputs_is_found_by_its_entry_point(page_project: Path) -> None:
    program = (page_project / "train.py").read_text(encoding="utf-8").replace("import tsv_output\n", "")
    (page_project / "train_without_import.py").write_text(program, encoding="utf-8")
    run_in(page_project, "train_without_import.py", path=[page_project / "site"])
    newest = max(page_project.glob("log/demo_task/*/*/*/*/rows.tsv"))
    lines = newest.read_text(encoding="utf-8").splitlines()
    assert [line.split("\t")[0] for line in lines] == [str(step) for step in range(100)]
    assert lines[1].startswith('1\t"loss"=0.5\t"time-step"=1\t"timestamp"=')


def commands() -> list[str]:
    """Return the commands that stand for themselves; those of a block that changes its folder are run together."""
    return [line for block in blocks("bash") if "\ncd " not in block for line in block.splitlines() if line.strip()]


def test_an_experiment_is_run_again_from_its_code_alone(tmp_path: Path) -> None:
    """The first snippet is enough of a program; the test above runs all of them."""
    (block,) = (block for block in blocks("bash") if "\ncd " in block)
    folder = tmp_path / "project"
    folder.mkdir()
    shutil.copy(REPOSITORY / "example" / "rla_config.yaml", folder)
    (folder / "train.py").write_text(blocks("python")[0], encoding="utf-8")
    run_in(folder, "train.py")
    (folder / "train.py").unlink()
    (folder / "rla_config.yaml").unlink()
    python = shlex.quote(sys.executable)
    functions = f'rla() {{ {python} -m rla.cli.main "$@"; }}\npython() {{ {python} "$@"; }}\n'
    done = subprocess.run(
        ["bash", "-e", "-c", functions + block],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert list((folder / "again").glob("log/demo_task/*/*/*/*/progress.csv"))


@pytest.mark.parametrize("command", commands())
def test_each_shell_command_works(command: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if command in RUN_ELSEWHERE:
        words = shlex.split(command)
        if words[0] == "make":
            assert re.search(rf"^{words[1]}:", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.M)
        if words[0] == "tensorboard":
            assert (project / words[2]).is_dir()
        return
    assert command.startswith("rla ")
    monkeypatch.chdir(project)
    shown = CliRunner().invoke(_group, shlex.split(command)[1:])
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.strip()


def test_links_to_files_of_the_repository_lead_somewhere() -> None:
    for page in (REPOSITORY / "README.md", *(REPOSITORY / "docs").glob("*.md")):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_page_with_programs_is_tested() -> None:
    pages = [page.name for page in (REPOSITORY / "docs").glob("*.md") if blocks("python", page.read_text("utf-8"))]
    assert sorted(pages) == sorted([*PAGES, *RUN_BY_OTHER_TESTS])
