"""The address of the remote is noted without user names, passwords and tokens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rla.snapshot.git import read_git_state

Git = Callable[..., bytes]


@pytest.fixture
def repository(tmp_path: Path, git: Git) -> Path:
    git(tmp_path, "init", "-q")
    return tmp_path


def remote_of(repository: Path) -> str:
    state = read_git_state(str(repository))
    assert state is not None
    return state.remote


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://example.org/a/b.git", "https://example.org/a/b.git"),
        ("https://user:hunter2@example.org/a/b.git", "https://example.org/a/b.git"),
        ("https://hunter2@example.org:8443/a/b.git", "https://example.org:8443/a/b.git"),
        ("https://oauth2:hunter2@example.org/a?private_token=hunter2#hunter2", "https://example.org/a"),
        ("HTTPS://us%40er:hunt%20er2:hunter2@example.org/a", "https://example.org/a"),
        ("https://user:hunter2@[::1]:80/a", "https://[::1]:80/a"),
        ("https://user:p@hunter2@example.org/a", "https://example.org/a"),
        ("ssh://git:hunter2@example.org:22/a/b.git", "ssh://git@example.org:22/a/b.git"),
        ("ssh://git@example.org/a/b.git", "ssh://git@example.org/a/b.git"),
        ("git@example.org:a/b.git", "git@example.org:a/b.git"),
        ("ftp://user:hunter2@example.org/a", "ftp://example.org/a"),
        ("/srv/git/a.git", "/srv/git/a.git"),
        ("../a.git", "../a.git"),
        ("file:///srv/git/a b.git", "file:///srv/git/a b.git"),
    ],
)
def test_the_address_has_no_secret(repository: Path, git: Git, url: str, told: str) -> None:
    git(repository, "config", "remote.origin.url", url)
    assert remote_of(repository) == told


@pytest.mark.parametrize(
    "url",
    [
        "https://user:hunter2@[example.org/a",
        pytest.param(
            "hg::https://user:hunter2@example.org/a",
        ),
    ],
)
def test_an_odd_address_has_no_secret_either(repository: Path, git: Git, url: str) -> None:
    git(repository, "config", "remote.origin.url", url)
    assert "hunter2" not in remote_of(repository)


@pytest.mark.parametrize("url", ["git:hunter2@example.org:a/b.git"])
def test_the_short_form_has_no_password(repository: Path, git: Git, url: str) -> None:
    git(repository, "config", "remote.origin.url", url)
    assert "hunter2" not in remote_of(repository)


def test_origin_goes_before_others(repository: Path, git: Git) -> None:
    git(repository, "config", "remote.fork.url", "https://user:hunter2@example.org/fork")
    assert remote_of(repository) == "https://example.org/fork"
    git(repository, "config", "remote.origin.url", "https://user:hunter2@example.org/origin")
    assert remote_of(repository) == "https://example.org/origin"


def test_no_remote_is_empty(repository: Path) -> None:
    assert remote_of(repository) == ""
