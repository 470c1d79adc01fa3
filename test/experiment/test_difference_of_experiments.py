"""The difference of two experiments, or of an experiment and a folder: code, hyper-parameters, packages and commit."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rla import compare_experiments, exp_manager, files
from rla.errors import AmbiguousExperimentError, DataRootError, ExperimentNotFoundError, QueryError
from rla.experiment.difference import ExperimentDifference

Record = Callable[..., str]
Compare = Callable[..., ExperimentDifference]

CONFIG = """\
LOG_USED: [csv]
BACKUP_CONFIG:
  backup_code_dir: [net, scripts]
  ignore_code_paths: [.gitignore]
REMOTE_SETTING:
  password: open-sesame
"""
MLP = "# longer than what the code store copies\nimport math\n\n\ndef width(depth):\n    return 64 * depth\n"
FILES = {
    "rla_config.yaml": CONFIG,
    ".gitignore": "*.log\n",
    "net/mlp.py": MLP,
    "net/old.py": "# goes away\n",
    "net/weights.bin": "\0" * 100,
    "scripts/run.sh": "python train.py\n",
}


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", folder, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(project: Path) -> str:
    git(project, "add", "--all")
    git(project, "commit", "-qm", "a step")
    return git(project, "rev-parse", "HEAD")


def code_of(data_root: Path, name: str) -> Path:
    (folder,) = data_root.glob(f"code/demo_task/{name}_*")
    return folder


def card_of(data_root: Path, name: str) -> Path:
    (path,) = data_root.glob(f"log/demo_task/{name}_*/experiment.json")
    return path


def tree_of(folder: Path) -> dict[str, tuple[int, str]]:
    return {
        str(path.relative_to(folder)): (
            path.lstat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in folder.rglob("*")
    }


def kinds(found: ExperimentDifference) -> dict[str, str]:
    return {file.path: file.kind for file in found.files}


def nothing(found: ExperimentDifference) -> bool:
    return not any((found.files, found.parameters, found.packages, found.facts, found.notes))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in a git repository with one commit."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    settings = {"GLOBAL": os.devnull, "NOSYSTEM": "1", "COUNT": "2"}
    settings |= {"KEY_0": "user.name", "VALUE_0": "somebody", "KEY_1": "user.email", "VALUE_1": "a@example.org"}
    for name, value in settings.items():
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    folder = tmp_path / "project"
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    os.symlink("mlp.py", folder / "net/default.py")
    git(folder.parent, "init", "-q", "-b", "main", str(folder))
    commit(folder)
    return folder


@pytest.fixture
def record(project: Path, data_root: Path) -> Record:
    """Record an experiment and return its record date: ``record(lr=0.1)``."""

    def run(root: Path = data_root, code: Path = project, **hyper_param: Any) -> str:
        exp_manager.hyper_param = hyper_param
        exp_manager.configure("demo_task", rla_config=code / "rla_config.yaml", data_root=root)
        exp_manager.log_files_gen()
        name = exp_manager.record_date_to_str(exp_manager.record_date)
        exp_manager.finish()
        return name

    return run


@pytest.fixture
def compare(data_root: Path) -> Compare:
    """Compare two experiments of the data root: ``compare(one, ".")``."""

    def run(before: str | Path, after: str | Path) -> ExperimentDifference:
        return compare_experiments(data_root, str(before), str(after))

    return run


# ---- files --------------------------------------------------------------------------------------------------------


def test_files_that_were_added_removed_and_changed_are_told_with_their_lines(
    project: Path, record: Record, compare: Compare
) -> None:
    one = record()
    (project / "net/mlp.py").write_text(MLP.replace("64", "128"))
    (project / "net/old.py").unlink()
    (project / "net/new.py").write_text("import math\n")
    commit(project)
    found = compare(one, record())
    assert kinds(found) == {"net/mlp.py": "changed", "net/new.py": "added", "net/old.py": "removed"}
    changed, added, removed = found.files
    assert changed.lines[:2] == ["--- a/net/mlp.py", "+++ b/net/mlp.py"]
    assert changed.lines[-2:] == ["-    return 64 * depth", "+    return 128 * depth"]
    assert added.lines[-1] == "+import math"
    assert removed.lines[-1] == "-# goes away"


def test_both_are_named_in_full(record: Record, compare: Compare) -> None:
    one, other = record(), record()
    before, after = compare(one, other).names
    assert before.startswith(f"demo_task/{one}_")
    assert after.startswith(f"demo_task/{other}_")


def test_equal_experiments_differ_in_nothing(record: Record, compare: Compare) -> None:
    settings = {"lr": 0.1, "net": {"sizes": [64, 64]}}
    assert nothing(compare(record(**settings), record(**settings)))


def test_an_experiment_differs_from_itself_in_nothing(record: Record, compare: Compare) -> None:
    one = record(lr=float("nan"))
    assert nothing(compare(one, one))


def test_what_was_swapped_is_told_the_other_way_round(project: Path, record: Record, compare: Compare) -> None:
    one = record(lr=1)
    (project / "net/new.py").write_text("import math\n")
    other = record(lr=1, seed=2)
    assert kinds(compare(other, one)) == {"net/new.py": "removed"}
    assert [(change.key, change.kind) for change in compare(other, one).parameters] == [("seed", "removed")]


def test_of_binary_files_the_sizes_are_told(project: Path, record: Record, compare: Compare) -> None:
    one = record()
    (project / "net/weights.bin").write_bytes(b"\0" * 99 + b"\1\2")
    (changed,) = compare(one, record()).files
    assert (changed.path, changed.lines) == ("net/weights.bin", ["binary: 100 bytes, then 101"])


def test_of_very_large_files_the_sizes_are_told(project: Path, record: Record, compare: Compare) -> None:
    (project / "net/table.py").write_text("1,\n" * 400_000)
    one = record()
    (project / "net/table.py").write_text("2,\n" * 400_000)
    (changed,) = compare(one, record()).files
    assert changed.lines == ["too large to show: 1200000 bytes, then 1200000"]


def test_bytes_that_are_no_utf_8_are_shown_as_escapes(project: Path, record: Record, compare: Compare) -> None:
    one = record()
    (project / "net/old.py").write_bytes(b"# \xe9\n")
    (changed,) = compare(one, record()).files
    assert changed.lines[-1] == "+# \\xe9"


def test_a_link_that_leads_elsewhere_is_a_change(project: Path, record: Record, compare: Compare) -> None:
    one = record()
    (project / "net/default.py").unlink()
    (project / "net/default.py").symlink_to("old.py")
    (changed,) = compare(one, record()).files
    assert (changed.path, changed.kind) == ("net/default.py", "changed")
    assert changed.lines[-2:] == ["--> mlp.py", "+-> old.py"]


def test_a_link_that_became_a_file_is_a_change(project: Path, record: Record, compare: Compare) -> None:
    one = record()
    (project / "net/default.py").unlink()
    (project / "net/default.py").write_text(MLP)
    assert kinds(compare(one, record())) == {"net/default.py": "changed"}


def test_permissions_make_no_difference_of_code(project: Path, record: Record, compare: Compare) -> None:
    one = record()
    os.chmod(project / "scripts/run.sh", 0o755)
    assert kinds(compare(one, record())) == {}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(b"a = 1\n", b"a = 1\r\n", id="line ends"),
        pytest.param(b"a = 1", b"a = 1\n", id="last line end"),
        pytest.param(b"a = '\xe9'\n", b"a = '\\xe9'\n", id="bytes and their escape"),
    ],
)
def test_a_change_that_lines_do_not_show_is_told_in_words(
    project: Path, record: Record, compare: Compare, before: bytes, after: bytes
) -> None:
    (project / "net/old.py").write_bytes(before)
    one = record()
    (project / "net/old.py").write_bytes(after)
    (changed,) = compare(one, record()).files
    assert changed.kind == "changed"
    assert changed.lines


# ---- hyper-parameters ---------------------------------------------------------------------------------------------


def test_parameters_are_told_with_dots_where_they_are_nested(record: Record, compare: Compare) -> None:
    one = record(lr=0.1, net={"sizes": [64, 64], "act": {"name": "relu"}}, gone=1, same="x")
    other = record(lr=0.2, net={"sizes": [64, 32], "act": {"name": "tanh"}}, same="x", fresh=None)
    found = {change.key: (change.kind, change.before, change.after) for change in compare(one, other).parameters}
    assert found == {
        "lr": ("changed", 0.1, 0.2),
        "net.sizes": ("changed", [64, 64], [64, 32]),
        "net.act.name": ("changed", "relu", "tanh"),
        "gone": ("removed", 1, None),
        "fresh": ("added", None, None),
    }


def test_the_order_of_parameters_is_no_difference(record: Record, compare: Compare) -> None:
    one = record(a=1, net={"b": 2, "c": 3}, names={"x", "y", "z"})
    assert compare(one, record(names={"z", "y", "x"}, net={"c": 3, "b": 2}, a=1)).parameters == []


def test_the_order_of_keys_inside_a_list_is_no_difference(record: Record, compare: Compare) -> None:
    one = record(layers=[{"kind": "dense", "size": 64}])
    assert compare(one, record(layers=[{"size": 64, "kind": "dense"}])).parameters == []


def test_nan_is_equal_to_nan(record: Record, compare: Compare) -> None:
    one = record(clip=float("nan"), limits=[float("inf"), float("nan")])
    assert compare(one, record(clip=float("nan"), limits=[float("inf"), float("nan")])).parameters == []


def test_nan_differs_from_a_number_and_from_its_name(record: Record, compare: Compare) -> None:
    one = record(clip=float("nan"), scale=float("nan"))
    assert [change.key for change in compare(one, record(clip=1.0, scale="nan")).parameters] == ["clip", "scale"]


def test_arrays_are_compared_by_their_values(record: Record, compare: Compare) -> None:
    one = record(low=np.zeros(3), high=np.ones((2, 2)), mask=np.array([True]))
    found = compare(one, record(low=np.zeros(3), high=np.array([[1, 1], [1, 2.0]]), mask=np.array([True, False])))
    assert [change.key for change in found.parameters] == ["high", "mask"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(np.zeros(2000), np.eye(1, 2000, 1000)[0], id="long"),
        pytest.param(np.array([0.1]), np.array([0.1 + 1e-12]), id="close"),
    ],
)
def test_arrays_that_are_shown_alike_differ(
    record: Record, compare: Compare, before: np.ndarray, after: np.ndarray
) -> None:
    assert [change.key for change in compare(record(a=before), record(a=after)).parameters] == ["a"]


def test_a_value_that_became_a_table_is_one_change(record: Record, compare: Compare) -> None:
    (change,) = compare(record(net="mlp"), record(net={"kind": "mlp"})).parameters
    assert (change.key, change.kind, change.before, dict(change.after)) == ("net", "changed", "mlp", {"kind": "mlp"})


def test_keys_that_are_no_text_are_told_as_text(record: Record, compare: Compare) -> None:
    one = record(table={(0, 1): "a", 2: "b"})
    found = compare(one, record(table={(0, 1): "a", 2: "c"}))
    assert [(change.key, change.after) for change in found.parameters] == [("table.2", "c")]


# ---- packages, commit and the like --------------------------------------------------------------------------------


def test_packages_of_other_versions_are_told(record: Record, compare: Compare, data_root: Path) -> None:
    one, other = record(), record()
    path = card_of(data_root, other)
    card = json.loads(path.read_text())
    numpy = card["packages"].pop("numpy")
    card["packages"] |= {"jax": "0.4", "pyyaml": "0.1"}
    path.write_text(json.dumps(card))
    found = {change.key: (change.kind, change.before, change.after) for change in compare(one, other).packages}
    assert found.keys() == {"numpy", "jax", "pyyaml"}
    assert found["numpy"] == ("removed", numpy, None)
    assert found["jax"] == ("added", None, "0.4")
    assert found["pyyaml"][::2] == ("changed", "0.1")


def test_commit_and_branch_are_told(project: Path, record: Record, compare: Compare) -> None:
    before, one = git(project, "rev-parse", "HEAD"), record()
    git(project, "checkout", "-qb", "wider")
    (project / "net/mlp.py").write_text(MLP.replace("64", "128"))
    after = commit(project)
    facts = {change.key: (change.before, change.after) for change in compare(one, record()).facts}
    assert facts == {"git_commit": (before, after), "git_branch": ("main", "wider")}


def test_changes_that_are_not_committed_are_told(project: Path, record: Record, compare: Compare) -> None:
    one = record()
    (project / "net/mlp.py").write_text(MLP + "\n")
    facts = {change.key: (change.before, change.after) for change in compare(one, record()).facts}
    assert facts == {"git_dirty": (False, True)}


# ---- older data, and what was changed since -------------------------------------------------------------------------


def test_data_of_older_tools_is_compared_file_by_file(
    project: Path, record: Record, compare: Compare, data_root: Path
) -> None:
    inside = "demo_task/2022/03/01/21-10-11-000001 a &lr=1"
    (data_root / "log" / inside).mkdir(parents=True)
    (data_root / "code" / inside / "net").mkdir(parents=True)
    (data_root / "code" / inside / "net/mlp.py").write_text("# of 2022\n")
    (data_root / "code" / inside / "parameter.json").write_text('{"lr": 1}')
    found = compare("21-10-11", record(lr=1))
    assert kinds(found)["net/mlp.py"] == "changed"
    assert kinds(found)["net/old.py"] == "added"
    assert "parameter.json" not in kinds(found)
    assert found.parameters == found.packages == found.facts == found.notes == []
    assert kinds(compare("21-10-11", project)) == {"net/mlp.py": "changed"}


def test_an_experiment_without_code_is_noted(record: Record, compare: Compare, data_root: Path) -> None:
    one, other = record(), record()
    shutil.rmtree(code_of(data_root, one))
    (note,) = compare(one, other).notes
    assert note.endswith("is gone or cannot be read")
    assert one in note


def test_code_that_was_edited_after_it_was_recorded_is_noted(record: Record, compare: Compare, data_root: Path) -> None:
    one, other = record(), record()
    edited = code_of(data_root, one) / "net/mlp.py"
    content = edited.read_bytes()
    edited.unlink()  # as editors do; both experiments have the same body
    edited.write_bytes(content + b"# edited\n")
    found = compare(one, other)
    assert kinds(found) == {"net/mlp.py": "changed"}
    (note,) = found.notes
    assert one in note
    assert note.endswith("net/mlp.py was changed after it was recorded")


def test_a_body_that_was_edited_in_place_is_noted_for_both(record: Record, compare: Compare, data_root: Path) -> None:
    one, other = record(), record()
    os.chmod(code_of(data_root, one) / "net/mlp.py", 0o644)
    (code_of(data_root, one) / "net/mlp.py").write_text("# edited\n")
    found = compare(one, other)
    assert found.files == []
    assert [name for name in (one, other) for note in found.notes if name in note] == [one, other]


def test_code_that_was_removed_after_it_was_recorded_is_noted(
    record: Record, compare: Compare, data_root: Path
) -> None:
    one, other = record(), record()
    (code_of(data_root, one) / "net/mlp.py").unlink()
    found = compare(one, other)
    assert kinds(found) == {"net/mlp.py": "added"}
    assert found.notes[0].endswith("net/mlp.py is gone after it was recorded")


def test_a_link_that_was_changed_after_it_was_recorded_is_noted(
    record: Record, compare: Compare, data_root: Path
) -> None:
    one, other = record(), record()
    link = code_of(data_root, one) / "net/default.py"
    link.unlink()
    link.symlink_to("old.py")
    found = compare(one, other)
    assert kinds(found) == {"net/default.py": "changed"}
    assert [note for note in found.notes if "net/default.py" in note]


def test_code_of_which_only_a_part_could_be_kept_is_noted(
    record: Record, compare: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: str, *_: object) -> None:
        if path.endswith("old.py"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        create(path, *_)  # type: ignore[arg-type]

    one = record()
    create = files.create_file
    monkeypatch.setattr(files, "create_file", full)
    other = record()
    monkeypatch.undo()
    found = compare(one, other)
    assert kinds(found)["net/old.py"] == "removed"
    assert [note for note in found.notes if other in note]


# ---- an experiment and a folder -----------------------------------------------------------------------------------


def test_the_folder_that_was_recorded_differs_in_nothing_and_its_masked_secret_is_none(
    project: Path, record: Record, compare: Compare, data_root: Path
) -> None:
    one = record(lr=0.1)
    assert "open-sesame" not in (code_of(data_root, one) / "rla_config.yaml").read_text()
    assert nothing(compare(one, project))


def test_a_folder_is_looked_at_by_the_rules_of_the_experiment(project: Path, record: Record, compare: Compare) -> None:
    one = record()
    (project / "net/train.log").write_text("ignored")
    (project / "notes.md").write_text("not listed")
    (project / "net/new.py").write_text("import math\n")
    (project / "net/old.py").unlink()
    found = compare(one, project)
    assert kinds(found) == {"net/new.py": "added", "net/old.py": "removed"}
    assert found.names[1] == str(project)


def test_a_secret_is_not_shown_when_the_configuration_has_changed(
    project: Path, record: Record, compare: Compare
) -> None:
    one = record()
    (project / "rla_config.yaml").write_text(CONFIG.replace("open-sesame", "sesame-open") + "SEND_LOG_FILE: True\n")
    (changed,) = compare(one, project).files
    assert changed.lines[-1] == "+SEND_LOG_FILE: True"
    assert "sesame" not in "".join(changed.lines)


def test_a_moved_copy_of_the_project_differs_in_nothing(
    project: Path, record: Record, compare: Compare, tmp_path: Path
) -> None:
    one = record()
    project.rename(tmp_path / "moved")
    assert nothing(compare(one, tmp_path / "moved"))
    (tmp_path / "moved/net/mlp.py").write_text("# moved\n")
    assert kinds(compare(one, tmp_path / "moved")) == {"net/mlp.py": "changed"}


@pytest.mark.parametrize("name", [".", "./", "../project", "~/project"])
def test_a_folder_may_be_named_from_here_or_from_home(
    project: Path, record: Record, compare: Compare, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    one = record()
    monkeypatch.chdir(project)
    monkeypatch.setenv("HOME", str(project.parent))
    assert nothing(compare(one, name))
    (project / "net/mlp.py").write_text("# new\n")
    assert kinds(compare(one, name)) == {"net/mlp.py": "changed"}


def test_the_folder_may_stand_on_either_side(project: Path, record: Record, compare: Compare) -> None:
    one = record(lr=1)
    (project / "net/new.py").write_text("import math\n")
    assert kinds(compare(one, project)) == {"net/new.py": "added"}
    assert kinds(compare(project, one)) == {"net/new.py": "removed"}
    assert compare(project, one).parameters == []


def test_a_project_that_is_its_own_data_root_is_compared_without_its_data(project: Path, record: Record) -> None:
    (project / "rla_config.yaml").write_text(CONFIG.replace("[net, scripts]", "[.]"))
    one = record(root=project)
    record(root=project)
    assert compare_experiments(project, one, str(project)).files == []


def test_the_commit_of_the_folder_is_told(project: Path, record: Record, compare: Compare) -> None:
    one, before = record(), git(project, "rev-parse", "HEAD")
    (project / "notes.md").write_text("not listed")
    after = commit(project)
    facts = {change.key: (change.before, change.after) for change in compare(one, project).facts}
    assert facts == {"git_commit": (before, after)}


# ---- mistakes -----------------------------------------------------------------------------------------------------


def test_two_folders_are_refused(project: Path, record: Record, compare: Compare) -> None:
    record()
    with pytest.raises(QueryError, match="are folders"):
        compare(".", project)


def test_a_missing_folder_is_an_error(record: Record, compare: Compare) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        compare(record(), "./nowhere")


def test_an_unknown_and_an_ambiguous_name_are_errors(record: Record, compare: Compare) -> None:
    one, other = record(), record()
    with pytest.raises(ExperimentNotFoundError, match="nothing"):
        compare(one, "nothing")
    with pytest.raises(AmbiguousExperimentError) as caught:
        compare("demo_task", one)
    assert one in str(caught.value)
    assert other in str(caught.value)


def test_a_missing_data_root_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataRootError):
        compare_experiments(tmp_path / "nowhere", "a", "b")


def test_comparing_writes_nothing(project: Path, record: Record, compare: Compare, data_root: Path) -> None:
    one = record(lr=1)
    (project / "net/mlp.py").write_text("# new\n")
    other = record(lr=2)
    before = tree_of(data_root), tree_of(project)
    compare(one, other)
    compare(one, project)
    compare(project, other)
    assert (tree_of(data_root), tree_of(project)) == before


def test_the_difference_is_plain_data(project: Path, record: Record, compare: Compare) -> None:
    one = record(lr=1, table={"a": 1})
    (project / "net/new.py").write_text("import math\n")
    plain = compare(one, record(lr=2)).as_dict()
    assert list(plain) == ["names", "files", "parameters", "packages", "facts", "notes"]
    assert plain["parameters"][0] == {"key": "lr", "kind": "changed", "before": 1, "after": 2}
    assert plain["files"][0]["path"] == "net/new.py"
