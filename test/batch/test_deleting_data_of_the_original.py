"""Experiments of the original RLA, in both formats of names and with whatever trees they have, go and come back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rla import query
from rla.batch import Outcome

Delete = Callable[..., Outcome]
Undo = Callable[..., Outcome]
Looks = Callable[..., dict[str, tuple[object, ...]]]

DAY = "demo/2022/03/01"
KINDS = {
    "log only": ("log",),
    "archive only": ("archive_tester",),
    "hyper-parameters only": ("hyperparameter",),
    "code and log": ("code", "log"),
}


@pytest.fixture(params=["_", " "], ids=["today's names", "names with spaces"])
def gap(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def original(data_root: Path, gap: str, old_archive: bytes) -> dict[str, str]:
    """Experiments as the original left them: kind → index name."""
    names = {}
    for number, (kind, trees) in enumerate(KINDS.items()):
        name = names[kind] = gap.join((f"21-{number:02d}-11-000001", "10.0.0.5", f"&lr=0.{number}&env=A_b c"))
        for tree in trees:
            path = data_root / tree / DAY / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if tree == "archive_tester":
                Path(f"{path}.pkl").write_bytes(old_archive)
            else:
                path.mkdir()
                (path / "parameter.json").write_text('{"lr": 0.1}')
                (path / "progress.csv").write_text("loss,time-step\n0.5,10\n")
    return names


@pytest.mark.parametrize("kind", KINDS)
def test_one_goes_and_comes_back(
    kind: str, data_root: Path, original: dict[str, str], delete: Delete, undo: Undo, looks: Looks
) -> None:
    before = looks(data_root)
    (done,) = delete(f"2022/03/01/{original[kind]}").done
    assert set(done.trees) == set(KINDS[kind])
    assert {each.name for each in query.experiments(data_root)} == {
        f"{DAY}/{name}" for other, name in original.items() if other != kind
    }
    undo()
    assert looks(data_root) == before


def test_all_go_and_come_back(
    data_root: Path, original: dict[str, str], delete: Delete, undo: Undo, looks: Looks
) -> None:
    before = looks(data_root)
    assert len(delete("*").done) == len(KINDS)
    assert [path for path, look in looks(data_root).items() if look[0] == "file"] == []
    undo()
    assert looks(data_root) == before
