"""The contract of transports is red where rsync is asked for something else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rla.sync.openssh import rsync_runs, travelling
from rla.sync.remote import Remote
from rla.sync.rsync import RsyncTransport
from rla.testing.transport import TransportContract
from test.sync.test_the_contract_of_transports_finds_mutants import run

pytestmark = pytest.mark.fault

Patch = pytest.MonkeyPatch
right_options = rsync_runs.Rsync._travelling


def size_and_time_are_believed(patch: Patch) -> None:
    def options(self: Any, how: rsync_runs.Run) -> list[str]:
        return [each for each in right_options(self, how) if each != "--ignore-times"]

    patch.setattr(rsync_runs.Rsync, "_travelling", options)


def nobody_asks_what_is_there(patch: Patch) -> None:
    patch.setattr(RsyncTransport, "_there", lambda self, paths: {})


def files_are_changed_in_place(patch: Patch) -> None:
    right = travelling.way

    def way(base: str, job: Any, *options: str, appends: bool = False, staged: bool = False) -> travelling.Way:
        return right(base, job, *options, "--inplace", appends=True, staged=staged)

    patch.setattr("rla.sync.rsync.way", way)


def names_are_taken_as_they_are_printed(patch: Patch) -> None:
    patch.setattr("rla.sync.openssh.output.unescaped", lambda text: text.decode("utf-8", "replace"))


MUTANTS: list[tuple[Callable[[Patch], None], str]] = [
    (size_and_time_are_believed, "a_file_of_the_same_size_and_time_with_another_content_replaces_the_one_there"),
    (nobody_asks_what_is_there, "a_longer_file_there_is_never_shortened[1000]"),
    (nobody_asks_what_is_there, "only_the_tail_of_a_file_that_grew_travels"),
    (files_are_changed_in_place, "a_file_that_changed_replaces_the_one_there_in_one_step"),
    (names_are_taken_as_they_are_printed, "names_may_be_any_text"),
]


class RsyncContract(TransportContract):
    __test__ = False


@pytest.mark.parametrize(("mutant", "test"), MUTANTS, ids=[f"{mutant.__name__}-{test}" for mutant, test in MUTANTS])
def test_a_mutant_turns_it_red(
    mutant: Callable[[Patch], None], test: str, ssh_remote: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        mutant(patch)
        with pytest.raises((Exception, pytest.fail.Exception)):
            run(f"test_{test}", tmp_path, RsyncContract(), replace(ssh_remote, root=str(tmp_path / "there")))
