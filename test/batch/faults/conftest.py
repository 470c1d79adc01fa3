"""A lab whose batch operations are killed, interrupted, or fail: what is in it, and what must hold afterwards."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from rla import ExperimentManager, batch
from rla.batch import Plan, applying
from rla.batch.operations import Operations
from rla.batch.record import UNDER_WAY, UNDO
from rla.batch.recovery import recover, unfinished
from rla.batch.undo import find_operation, plan_undo
from rla.cli.main import _group
from rla.errors import BatchError, QueryError, RLAError
from rla.experiment.fsck import check_data_root_files
from rla.names import ARCHIVE, CHECKPOINT, CODE, HYPERPARAMETER, LOG, RESULTS, TREES
from rla.query.search import experiments

HOME, ARC, OTHER, OWN_TRASH = "home", "arc", "other", "own trash"
TASK = "demo"

Files = dict[str, tuple[object, ...]]
"""What an experiment has: kind, content, permissions and time of each file, by `<tree>/<path>`."""
Layout = dict[str, Files]
"""Where an experiment is, and with what there."""


@dataclass(frozen=True)
class Case:
    """An operation that is disturbed.

    Attributes:
        name: what it is called in the names of tests.
        act: does it: is handed what `make` returned.
        make: plans it.
        prepare: brings the lab where it can be done.
        elsewhere: whether the trash lies on another disk.
        other_root: whether it writes to the other data root.
    """

    name: str
    make: Callable[[Lab], Plan | None]
    act: Callable[[Lab, Any], Any] = lambda lab, plan: None if plan is None else batch.apply(plan)
    prepare: Callable[[Lab], object] = lambda lab: None
    elsewhere: bool = False
    other_root: bool = False


class Lab:
    """A data root with three experiments, another one that is empty, and a disk that a trash may lie on.

    Args:
        place: the folder that all of it is made in.
        other_disk: a folder of another disk.

    Attributes:
        data, other: the data roots.
        elsewhere: a folder on the other disk.
        last_operation: id of the last operation before the case that it was brought to.
    """

    def __init__(self, place: Path, other_disk: Path) -> None:
        self._work = [place / "work", other_disk / "work"]
        self._templates = [place / "templates", other_disk / "templates"]
        self.data, self.other, self.elsewhere = self._work[0] / "data", self._work[0] / "other", self._work[1]
        self.last_operation = ""
        self._begin()
        make_experiments(self.data, place / "code")
        self._keep("base")
        self._known: dict[str, Beginning] = {}

    def begin(self, case: Case) -> Beginning:
        """Bring the lab to where a case begins; the first time it is found out what that is, and where it leads."""
        if case.name not in self._known:
            self._bring("base")
            if case.elsewhere:
                (self.elsewhere / "trash").mkdir()
                (self.data / ".rla").mkdir(exist_ok=True)
                (self.data / ".rla/trash").symlink_to(self.elsewhere / "trash")
            case.prepare(self)
            self._keep(case.name)
            before, known = self.layouts(), self.operations(case)
            self.last_operation = max(known, default="")
            plan = case.make(self)
            self._known[case.name] = Beginning(plan, before, {}, known)
            outcome = case.act(self, plan)
            assert not getattr(outcome, "failed", ()), outcome
            self._known[case.name].after = self.layouts(known)
        self._bring(case.name)
        self.last_operation = max(self._known[case.name].known, default="")
        return self._known[case.name]

    def root(self, case: Case) -> Path:
        """Return the data root that a case writes to."""
        return self.other if case.other_root else self.data

    def operations(self, case: Case) -> frozenset[str]:
        """Return the ids of all operations."""
        return frozenset(operation.id for operation in Operations(self.root(case)).all())

    def known_operations(self, case: Case) -> frozenset[str]:
        """Return the ids of the operations that a case begins with."""
        return self._known[case.name].known

    def layouts(self, known: frozenset[str] | None = None) -> dict[str, Layout]:
        """Return where each experiment is. Trashes of operations that are not known count as one."""
        shelves = {HOME: [self.data], ARC: [self.data / "arc"], OTHER: [self.other], OWN_TRASH: []}
        for trash in (self.data / ".rla/trash", self.other / ".rla/trash"):
            for name in sorted(os.listdir(trash)) if trash.is_dir() else ():
                if not name.startswith("."):
                    label = f"trash {name}" if known is None or name in known else OWN_TRASH
                    shelves.setdefault(label, []).append(trash / name)
        found: dict[str, Layout] = {}
        for label, bases in shelves.items():
            for base in bases:
                for name, content in shelf(base).items():
                    assert label not in found.setdefault(name, {}), f"{name} lies twice in the {label}"
                    found[name][label] = content
        return found

    def fingerprints(self) -> set[tuple[object, ...]]:
        """Return content, permissions and time of every file of an experiment, whatever its name is just now."""
        return {
            fingerprint(f"{folder}/{name}")
            for top in (self.data, self.other, self.elsewhere)
            for folder, _, names in os.walk(top)
            if "/.rla/objects" not in folder and "/.rla/operations" not in folder
            for name in names
        }

    def leftovers(self, in_trash: bool = True) -> list[str]:
        """Return what no operation leaves behind when it has ended; what lies in the trash is removed with it."""
        found = []
        for top in (self.data, self.other, self.elsewhere):
            for folder, folders, names in os.walk(top):
                for name in (*folders, *names):
                    is_ours = name.startswith((".moving-", ".emptying-")) or name.endswith((".journal", ".tmp"))
                    if is_ours and (in_trash or "/trash/" not in folder):
                        found.append(f"{folder}/{name}")
        return found

    def everything(self) -> dict[str, tuple[object, ...]]:
        """Return all files there are."""
        return {
            path: fingerprint(path)
            for top in (self.data, self.other, self.elsewhere)
            for folder, _, names in os.walk(top)
            for name in names
            if not (path := f"{folder}/{name}").endswith("/lock")
        }

    def _begin(self) -> None:
        for folder in self._work:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        self.other.mkdir()

    def _keep(self, name: str) -> None:
        for work, templates in zip(self._work, self._templates, strict=True):
            templates.mkdir(exist_ok=True)
            subprocess.run(["cp", "-a", "--", work, templates / name], check=True)

    def _bring(self, name: str) -> None:
        for work, templates in zip(self._work, self._templates, strict=True):
            if work.is_dir() and not any(work.iterdir()) and not any((templates / name).iterdir()):
                continue  # nothing lies on the other disk
            shutil.rmtree(work, ignore_errors=True)
            subprocess.run(["cp", "-a", "--", templates / name, work], check=True)


@dataclass
class Beginning:
    """Where a case begins, and where it leads.

    Attributes:
        plan: what is to be done.
        before, after: where each experiment is before, and after when nothing disturbs.
        known: ids of earlier operations.
        seen: states after a recovery that were looked at closely already.
    """

    plan: Plan | None
    before: dict[str, Layout]
    after: dict[str, Layout]
    known: frozenset[str]
    seen: set[str] = field(default_factory=set)

    @property
    def names(self) -> list[str]:
        """The experiments, in the order of the plan."""
        order = [item.name for item in self.plan.items] if self.plan is not None else []
        return order + sorted(({*self.before} | {*self.after}) - {*order})


def make_experiments(data: Path, code: Path) -> None:
    """Write three experiments as a training does: shared code, checkpoints, results, an archive with objects."""
    code.mkdir()
    (code / "train.py").write_text("learning_rate = 1\n" * 20)
    (code / "tiny.py").write_text("x = 1\n")
    for learning_rate in (0.1, 0.2, 0.3):
        manager = ExperimentManager()
        manager.set_hyper_param(lr=learning_rate)
        manager.add_record_param(["lr"])
        settings = {"LOG_USED": ["csv"], "DL_FRAMEWORK": "plain"}
        settings["BACKUP_CONFIG"] = {"backup_code_dir": ["train.py", "tiny.py"]}
        manager.configure(TASK, settings, data_root=data, code_root=code)
        manager.log_files_gen()
        manager.logger.record_tabular("loss", learning_rate)
        manager.logger.dump_tabular(step=1)
        manager.new_saver()
        manager.save_checkpoint({"weight": learning_rate})
        manager.add_custom_data("fraction", Fraction(1, 3))
        manager.serialize_object_and_save()
        results = Path(manager.results_dir)
        (results / "figure.svg").write_text("<svg/>" * 50)
        (results / "latest").symlink_to(results / "figure.svg")
        manager.finish()
    os.chmod(results / "figure.svg", 0o440)
    for tree in (LOG, CODE, CHECKPOINT, ARCHIVE, RESULTS, HYPERPARAMETER):
        assert all(tree_of in "".join(files) for tree_of in (tree,) for files in shelf(data).values())
    assert len(list(data.glob(f"{ARCHIVE}/*/*/*/*/*.objects"))) == 3


def shelf(base: Path) -> dict[str, Files]:
    """Return the experiments below a folder with the seven trees, each with all that it has."""
    found: dict[str, Files] = {}
    for tree in TREES:
        for folder, folders, names in os.walk(base / tree):
            parts = os.path.relpath(folder, base / tree).split(os.sep)
            parts = [] if parts == ["."] else parts
            if len(parts) < 5:
                folders[:] = [name for name in folders if not name.startswith(".")]
            for name in (*folders, *names):
                inside = [*parts, name]
                if len(inside) > (4 if tree == ARCHIVE else 5) or (tree != ARCHIVE and len(inside) == 5):
                    *place, own = inside[:5]
                    own = own.removesuffix(".pkl").removesuffix(".objects") if tree == ARCHIVE else own
                    path = "/".join([tree, *inside[5:]]) + (os.path.splitext(name)[1] if tree == ARCHIVE else "")
                    found.setdefault("/".join([*place, own]), {})[path] = fingerprint(f"{folder}/{name}")
    return found


def fingerprint(path: str) -> tuple[object, ...]:
    """Return what makes a file this file: kind, content, permissions, time; of folders their permissions alone."""
    status = os.lstat(path)
    if stat.S_ISLNK(status.st_mode):
        return ("link", os.path.basename(os.readlink(path)))
    if stat.S_ISDIR(status.st_mode):
        return ("folder", stat.S_IMODE(status.st_mode))
    with open(path, "rb") as stream:
        content = hashlib.md5(stream.read()).hexdigest()
    return ("file", content, stat.S_IMODE(status.st_mode), status.st_mtime_ns)


# ---- the operations --------------------------------------------------------------------------------------------------


def chosen(lab: Lab) -> Any:
    return batch.choose(lab.data, TASK, "*")


def delete_all(lab: Lab) -> None:
    batch.apply(batch.plan_deletion(chosen(lab)))


def archive_an_older_one(lab: Lab) -> None:
    """Archive the second experiment, and change it then: its copy is an older one."""
    batch.apply(batch.plan_archive(batch.choose(lab.data, TASK, where="lr == 0.2")))
    (folder,) = lab.data.glob("log/*/*/*/*/*lr=0.2*")
    with open(folder / "progress.csv", "a") as stream:
        stream.write("0.2,2,2.0\n")
    (folder / "notes.txt").write_text("it was looked at again")


def archive_all(lab: Lab) -> None:
    archive_an_older_one(lab)
    batch.apply(batch.plan_archive(chosen(lab)))


def undoing(lab: Lab) -> Plan | None:
    """Plan to take the operation back that the lab was prepared by; there is none when all of it was."""
    with contextlib.suppress(BatchError):
        return plan_undo(find_operation(lab.data, lab.last_operation))
    return None


def planned(plan: Callable[[Any], Plan]) -> Callable[[Lab], Plan | None]:
    """Return what plans something with all experiments; there is none when they are gone."""

    def make(lab: Lab) -> Plan | None:
        with contextlib.suppress(QueryError):
            return plan(chosen(lab))
        return None

    return make


DELETE = Case("delete", planned(batch.plan_deletion))
ARCHIVING = Case("archive", planned(batch.plan_archive), prepare=archive_an_older_one)
MIGRATE = Case("migrate to another task", planned(lambda every: batch.plan_migration(every, "moved")))
MIGRATE_FAR = Case(
    "migrate to another root",
    lambda lab: batch.plan_migration(chosen(lab), "moved", lab.other),
    other_root=True,
)
RESTORE = Case("restore", undoing, prepare=delete_all)
UNDO_ARCHIVE = Case("undo an archive", undoing, prepare=archive_all)
EMPTY = Case(
    "empty the trash",
    lambda lab: None,
    lambda lab, _: batch.empty_trash(lab.data),
    prepare=lambda lab: [delete_one(lab, rate) for rate in (0.1, 0.2)],
)


def delete_one(lab: Lab, learning_rate: float) -> None:
    batch.apply(batch.plan_deletion(batch.choose(lab.data, TASK, where=f"lr == {learning_rate}")))


def on_another_disk(case: Case) -> Case:
    return replace(case, name=f"{case.name}, the trash elsewhere", elsewhere=True)


CASES = [DELETE, ARCHIVING, MIGRATE, MIGRATE_FAR, RESTORE, UNDO_ARCHIVE, EMPTY]
CASES += [on_another_disk(case) for case in (DELETE, ARCHIVING, RESTORE, UNDO_ARCHIVE)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let a test that asks for a ``case``, and does not say which, run with each."""
    told = [str(mark.args[0]) for mark in metafunc.definition.iter_markers("parametrize")]
    if "case" in metafunc.fixturenames and not any("case" in names for names in told):
        metafunc.parametrize(
            "case", [case.name for case in CASES], ids=lambda name: name.replace(" ", "_"), indirect=True
        )


@pytest.fixture
def case(request: pytest.FixtureRequest) -> Case:
    """The operation that is disturbed, by its name."""
    return next(case for case in CASES if case.name == request.param)


@pytest.fixture(scope="session")
def lab_of_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The lab in memory, where waiting for the disk costs nothing; its other disk, too, if that can be mounted."""
    other = tmp_path_factory.mktemp("elsewhere")
    mount = ["mount", "-t", "tmpfs", "tmpfs", str(other)]
    mounted = hasattr(os, "geteuid") and not os.geteuid() and not subprocess.run(mount, capture_output=True).returncode
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    place = Path(tempfile.mkdtemp(prefix="rla-test-", dir=memory or tmp_path_factory.mktemp("lab")))
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("RLA_CACHE", str(tmp_path_factory.mktemp("cache-of-the-lab")))
            yield Lab(place, other)
    finally:
        shutil.rmtree(place)
        if mounted:
            subprocess.run(["umount", str(other)], check=True)


@pytest.fixture
def lab(lab_of_session: Lab, case: Case, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """The lab; date folders that become empty are removed at once, so that this is disturbed, too."""
    if case.elsewhere and os.stat(lab_of_session.elsewhere).st_dev == os.stat(lab_of_session.data).st_dev:
        pytest.skip("there is no second disk here")
    monkeypatch.setattr(applying, "_KEPT_DAYS", -2)
    return lab_of_session


# ---- disturbing ------------------------------------------------------------------------------------------------------

CHANGING = ("write", "pwrite", "copy_file_range", "ftruncate", "fsync", "replace", "unlink", "rmdir", "mkdir", "link")
CHANGING += ("symlink", "chmod", "utime", "open")


def watch_calls(before: Callable[[str, tuple[Any, ...]], object], patch: pytest.MonkeyPatch) -> None:
    """Let a function be called before each call of the system that changes something."""
    for name in CHANGING:
        patch.setattr(os, name, watched(name, getattr(os, name), before))


def watched(name: str, original: Callable[..., Any], before: Callable[[str, tuple[Any, ...]], object]) -> Any:
    def call(*arguments: Any, **more: Any) -> Any:
        if name != "open" or arguments[1] & os.O_CREAT:
            before(name, arguments)
        return original(*arguments, **more)

    return call


def forked(program: Callable[[], object]) -> int:
    """Start a process that does this, and return its number."""
    pid = os.fork()
    if pid:
        return pid
    try:
        program()
    except BaseException:
        traceback.print_exc()
        os._exit(3)
    os._exit(0)


def end_of(pid: int) -> int:
    """Wait for the end of a process, and return 0, or the signal that ended it."""
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, -signal.SIGKILL), f"it failed: exit code {code}"
    return -code


Change = Callable[[pytest.MonkeyPatch], object]


@dataclass
class Disturber:
    """Runs cases in processes that are killed, or in this one with calls that fail.

    Attributes:
        change: makes a mutant of the process.
    """

    lab: Lab
    change: Change = lambda patch: None

    def calls(self, case: Case) -> list[str]:
        """Return the calls of the system that change something, in order."""
        reader, writer = os.pipe()
        write = os.write
        pid = self._forked(case, lambda name, _: write(writer, f"{name}\n".encode()))
        os.close(writer)
        with os.fdopen(reader) as lines:
            calls = lines.read().split()
        assert end_of(pid) == 0
        return calls

    def kill(self, case: Case, nth: int, torn: bool = False) -> bool:
        """Kill a case before its n-th call, or in the middle of it; False when there are not so many."""
        left, write = nth, os.write

        def before(name: str, arguments: tuple[Any, ...]) -> None:
            nonlocal left
            left -= 1
            if not left:
                if torn and name == "write":
                    write(arguments[0], arguments[1][: len(arguments[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)

        return end_of(self._forked(case, before)) != 0

    def _forked(self, case: Case, before: Callable[[str, tuple[Any, ...]], object]) -> int:
        plan = self.lab.begin(case).plan

        def program() -> None:
            patch = pytest.MonkeyPatch()
            self.change(patch)
            watch_calls(before, patch)
            case.act(self.lab, plan)

        return forked(program)

    def disturb(self, case: Case, nth: int, disturbance: Callable[[int], object]) -> tuple[Any, BaseException | None]:
        """Do a case here, and something before each call from its n-th on; return its outcome, or what it raised.

        Args:
            case: the case.
            nth: the number of the call.
            disturbance: what to do; is told how many calls there were since the n-th.
        """
        plan = self.lab.begin(case).plan
        count = 0

        def before(name: str, arguments: tuple[Any, ...]) -> None:
            nonlocal count
            count += 1
            if count >= nth:
                disturbance(count - nth)

        with pytest.MonkeyPatch.context() as patch:
            watch_calls(before, patch)
            try:
                return case.act(self.lab, plan), None
            except (RLAError, OSError, KeyboardInterrupt) as error:
                return None, error


@pytest.fixture
def disturb(lab_of_session: Lab) -> Disturber:
    return Disturber(lab_of_session)


@pytest.fixture
def mutant(lab_of_session: Lab) -> Callable[[Change], Disturber]:
    """Return what disturbs another version of rla: ``mutant(change)``."""
    return lambda change: Disturber(lab_of_session, change)


# ---- what must hold --------------------------------------------------------------------------------------------------


def check_after_a_kill(lab: Lab, case: Case) -> None:
    """Check what a reader finds right after a kill: nothing is lost, nothing half is shown, what is half is marked."""
    beginning = lab._known[case.name]
    layouts = lab.layouts(beginning.known)
    marked = {entry.full_name for operation in unfinished(lab.root(case)) for entry in operation.entries}
    for name in beginning.names:
        before, after, now = (each.get(name, {}) for each in (beginning.before, beginning.after, layouts))
        for version in before.values():
            if case.name != EMPTY.name and version not in now.values():
                assert name in marked, f"{name} is whole nowhere, and nothing says that this will change"
        for label in (HOME, ARC, OTHER):
            if LOG in now.get(label, {}):
                wholes = [each[label] for each in (before, after) if label in each]
                assert now[label] in wholes, f"readers find half of {name} in the {label}"
    if case.name != EMPTY.name:
        lost = fingerprints_of(beginning.before) - lab.fingerprints()
        assert not lost, f"lost: {lost}"
    check_readers(lab, case, layouts)


def fingerprints_of(layouts: dict[str, Layout]) -> set[tuple[object, ...]]:
    every = {each for layout in layouts.values() for content in layout.values() for each in content.values()}
    return {each for each in every if each[0] != "folder"}


def check_readers(lab: Lab, case: Case, layouts: dict[str, Layout]) -> None:
    """Check that readers find what is there, and do not fail; states that look the same to them are read once."""
    seen = lab._known[case.name].seen
    state = repr([(name, label, sorted(layout[label])) for name, layout in layouts.items() for label in layout])
    if state in seen:
        return
    seen.add(state)
    for root, label in ((lab.data, HOME), (lab.other, OTHER)):
        there = {name for name, layout in layouts.items() if label in layout}
        with_log = {name for name in there if LOG in layouts[name][label]}
        assert with_log <= {each.name for each in experiments(root)} <= there
        assert check_data_root_files(root).errors == []


def check_recovery(lab: Lab, case: Case) -> None:
    """Check that the kill can be put in order, that doing so twice is doing it once, and that all can be done then."""
    beginning = lab._known[case.name]
    root = lab.root(case)
    recover(root)
    state = check_order(lab, case)
    if state in beginning.seen:
        return
    everything = lab.everything()
    assert recover(root) == []
    assert lab.everything() == everything, "a second recovery changes nothing"
    check_readers(lab, case, lab.layouts(beginning.known))
    check_the_rest(lab, case)
    beginning.seen.add(state)


def check_order(lab: Lab, case: Case) -> str:
    """Check that each experiment is as before or wholly done, in the order of the plan, and return which are."""
    beginning = lab._known[case.name]
    layouts = lab.layouts(beginning.known)
    done = []
    for name in beginning.names:
        before, after, now = (each.get(name, {}) for each in (beginning.before, beginning.after, layouts))
        assert now in (before, after), f"{name} is neither as it was nor done: {difference(now, before, after)}"
        done.append(before != after and now == after)
    changing = [each for each, name in zip(done, beginning.names, strict=True) if is_changed(beginning, name)]
    assert case.name == EMPTY.name or changing == sorted(changing, reverse=True), "what was not begun is untouched"
    operations = Operations(lab.root(case)).all()
    assert [each for each in operations if each.state == UNDER_WAY] == []
    assert case.name == EMPTY.name or lab.leftovers() == []
    new = [each for each in operations if each.id not in beginning.known]
    recorded = sum(len(each.entries) for each in new)
    assert case.name == EMPTY.name or recorded == sum(changing), "the record says what was done"
    return json.dumps([changing, sorted((each.kind, len(each.entries)) for each in operations)])


def is_changed(beginning: Beginning, name: str) -> bool:
    return beginning.before.get(name) != beginning.after.get(name)


def difference(now: Layout, *others: Layout) -> str:
    told = []
    for other in others:
        told.append(
            {
                label: sorted(
                    path
                    for path in {*now.get(label, {})} | {*other.get(label, {})}
                    if now.get(label, {}).get(path) != other.get(label, {}).get(path)
                )
                for label in {*now} | {*other}
                if now.get(label) != other.get(label)
            }
        )
    return str(told)


def check_the_rest(lab: Lab, case: Case, in_trash: bool = True) -> None:
    """Check that the operation can be asked for again, and all of it be taken back."""
    beginning = lab._known[case.name]
    outcome = case.act(lab, case.make(lab))
    assert not getattr(outcome, "failed", ()), outcome
    assert lab.leftovers(in_trash) == []
    layouts = lab.layouts(beginning.known)
    assert {name: layouts.get(name, {}) for name in beginning.names} == {
        name: beginning.after.get(name, {}) for name in beginning.names
    }
    if case.name not in (EMPTY.name,) and not case.name.startswith(("restore", "undo")):
        for operation in reversed(Operations(lab.root(case)).all()):
            if operation.id not in beginning.known and operation.kind != UNDO:
                assert not batch.apply(plan_undo(operation)).failed
        assert without_own_trash(lab.layouts(beginning.known)) == without_own_trash(beginning.before)
        assert lab.leftovers(in_trash) == []
    for root in (lab.data, lab.other):
        done = CliRunner().invoke(_group, ["fsck", "--json", "--root", str(root)], prog_name="rla")
        assert json.loads(done.stdout)["errors"] == 0, done.stdout


def without_own_trash(layouts: dict[str, Layout]) -> dict[str, Layout]:
    kept = {
        name: {label: content for label, content in layout.items() if label != OWN_TRASH}
        for name, layout in layouts.items()
    }
    return {name: layout for name, layout in kept.items() if layout}


def check_settled(lab: Lab, case: Case) -> dict[str, bool]:
    """Check that each experiment is as before or wholly done and nothing is left over, and return which are done."""
    beginning = lab._known[case.name]
    layouts = lab.layouts(beginning.known)
    assert lab.leftovers(in_trash=False) == []
    assert not unfinished(lab.root(case))
    done = {}
    for name in beginning.names:
        before, after, now = (each.get(name, {}) for each in (beginning.before, beginning.after, layouts))
        assert now in (before, after), f"{name} is neither as it was nor done: {difference(now, before, after)}"
        if before != after:
            done[name] = now == after
    return done


@dataclass
class Checks:
    """What must hold after a disturbance."""

    lab: Lab

    def after_a_kill(self, case: Case) -> None:
        """Check a lab in which a process was killed."""
        check_after_a_kill(self.lab, case)
        check_recovery(self.lab, case)

    def after_a_failure(self, case: Case, outcome: Any, error: BaseException | None) -> int:
        """Check a lab in which calls failed or Ctrl-C was pressed, and return how many experiments are done."""
        root = self.lab.root(case)
        check_after_a_kill(self.lab, case)
        if case.name == EMPTY.name:
            recover(root)
            check_the_rest(self.lab, case)
            return 0
        if outcome is not None:
            assert not unfinished(root), "an operation that returns has ended"
        recover(root)
        done = check_settled(self.lab, case)
        if outcome is not None:
            assert {entry.full_name for entry in outcome.done} == {name for name, is_done in done.items() if is_done}
            assert all(refusal.reason for refusal in outcome.failed)
            assert not outcome.refused
            assert len(done) == len(outcome.done) + len(outcome.failed) or outcome.interrupted
        state = json.dumps([*done.values()])
        if state not in (seen := self.lab._known[case.name].seen):
            seen.add(state)
            check_the_rest(self.lab, case, in_trash=False)
        return sum(done.values())


@pytest.fixture
def check(lab_of_session: Lab) -> Checks:
    return Checks(lab_of_session)
