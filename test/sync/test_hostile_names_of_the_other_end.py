"""Names and files of another machine lead nowhere but into the data root here (`RELIABILITY` calls it S1 and X1)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rla.database.trees import ExperimentPlace
from rla.errors import SyncError
from rla.sync.fetcher import Fetcher
from rla.sync.local import LocalTransport
from rla.sync.paths import below, problem_of_path
from rla.sync.registry import TRANSPORTS
from rla.sync.remote import parse_remote
from rla.sync.transport import FILE, FOLDER, RemoteFile

HOSTILE = (
    *("../canary", "/etc/passwd", "log/../../canary", "log/demo/../../../canary", "log//x", "log/./x", "", "."),
    *("etc/x", ".rla/trash/x", "log/a\0b", "log/" + "x" * 300, "arc/../log/x", "arc/etc/x", "log/" + "d/" * 70 + "x"),
)


@pytest.mark.parametrize("path", HOSTILE)
def test_a_path_that_is_none_of_a_data_root_is_refused(path: str) -> None:
    assert problem_of_path(path) is not None
    with pytest.raises(SyncError, match="was not brought here"):
        below("/data", path)


@pytest.mark.parametrize(
    "path", ["log/demo/2026/11/20/x/progress.csv", "arc/log/demo/x", "code/a b/ü\n'\"$(x)", "log/~"]
)
def test_an_odd_path_inside_of_a_tree_is_fine(path: str) -> None:
    assert below("/data", path) == f"/data/{path}"


class HostileTransport(LocalTransport):
    """Lists names that its server made up."""

    def walk(self, folder: str) -> Iterator[RemoteFile]:
        yield from super().walk(folder)
        for path in (*HOSTILE, f"{folder}/../../../../../../canary", f"{folder}/a/../../b"):
            yield RemoteFile(path, FILE, 5, 1.0)

    def entries(self, folder: str) -> list[RemoteFile]:
        made_up = [f"{folder}/..", f"{folder}/../..", "/etc", f"{folder}/a/b", f"{folder}/", "../../canary"]
        return [*super().entries(folder), *(RemoteFile(path, FOLDER, 0, 1.0) for path in made_up)]


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TRANSPORTS, "local", f"{__name__}:{HostileTransport.__name__}")


def state_of(folder: Path) -> dict[str, str]:
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        for path in sorted(folder.rglob("*"))
    }


def test_a_server_that_lists_names_that_lead_elsewhere_writes_nowhere_else(
    tmp_path: Path, data_root: Path, experiment: Callable[..., Path], hostile: None
) -> None:
    experiment("13-05-01-000001", lr=0.1)
    (tmp_path / "canary").mkdir()
    (tmp_path / "canary" / "file").write_text("alive")
    before = state_of(tmp_path / "canary") | state_of(data_root)
    here = tmp_path / "here"
    here.mkdir()
    fetcher = Fetcher(here, parse_remote(str(data_root)))
    places = fetcher.experiments()
    assert [place.task for place in places] == ["demo"]
    report = fetcher.fetch(places)
    assert state_of(tmp_path / "canary") | state_of(data_root) == before
    assert {path.name for path in tmp_path.iterdir()} == {"canary", "data", "here"}
    written = {path.relative_to(here).parts[0] for path in here.rglob("*") if path.is_file()}
    assert written == {"log", ".rla"}
    assert len([notice for notice in report.notices if "was not fetched" in notice]) >= len(HOSTILE)


def test_links_of_the_other_end_are_not_followed(
    tmp_path: Path, data_root: Path, experiment: Callable[..., Path]
) -> None:
    log_dir = experiment("13-05-01-000001", lr=0.1)
    (log_dir / "passwd").symlink_to("/etc/passwd")
    (log_dir / "root").symlink_to("/")
    here = tmp_path / "here"
    here.mkdir()
    fetcher = Fetcher(here, parse_remote(str(data_root)))
    report = fetcher.fetch(fetcher.experiments())
    assert {path.name for path in here.rglob("*") if path.is_file()} & {"passwd", "root"} == set()
    assert len([notice for notice in report.notices if "link" in notice]) == 2


def test_a_link_here_inside_of_an_experiment_is_not_written_through(
    tmp_path: Path, data_root: Path, experiment: Callable[..., Path]
) -> None:
    log_dir = experiment("13-05-01-000001", lr=0.1)
    (log_dir / "sub").mkdir()
    (log_dir / "sub" / "file.txt").write_text("new")
    here, outside = tmp_path / "here", tmp_path / "outside"
    outside.mkdir()
    copy = here / log_dir.relative_to(data_root)
    copy.mkdir(parents=True)
    (copy / "sub").symlink_to(outside)
    (copy / "progress.csv").symlink_to(outside / "made")
    fetcher = Fetcher(here, parse_remote(str(data_root)))
    report = fetcher.fetch(fetcher.experiments())
    assert list(outside.iterdir()) == []
    assert len(report.problems) == 2
    assert (copy / "parameter.json").is_file()


def test_a_date_folder_here_that_is_a_link_is_the_users(
    tmp_path: Path, data_root: Path, experiment: Callable[..., Path]
) -> None:
    log_dir = experiment("13-05-01-000001", lr=0.1)
    here, disk = tmp_path / "here", tmp_path / "second disk"
    disk.mkdir()
    (here / "log" / "demo").mkdir(parents=True)
    (here / "log" / "demo" / "2026").symlink_to(disk)
    fetcher = Fetcher(here, parse_remote(str(data_root)))
    assert fetcher.fetch(fetcher.experiments()).complete
    assert (disk / "11" / "20" / log_dir.name / "progress.csv").is_file()


def test_a_place_with_a_hostile_name_reaches_nothing(tmp_path: Path, data_root: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    (data_root / "log").mkdir(parents=True)
    (tmp_path / "canary.txt").write_text("alive")
    place = ExperimentPlace(here, "..", "..", "canary.txt")
    report = Fetcher(here, parse_remote(str(data_root))).fetch([place])
    assert not report.moved
    assert [path.name for path in here.rglob("*") if path.is_file() and ".rla" not in path.parts] == []
