"""Tidying up: a plan over 10,000 of 100,000 experiments, and deleting 1,000 beside `shutil.rmtree` of the same.

    python benchmark/tidy.py                           delete 1,000 experiments
    python benchmark/tidy.py --experiments 100000      and plan over a tenth of a large lab (8 GB below --folder)

Each measurement runs in a process of its own; imports are done, the refresh of the index is included. An experiment has
what rla keeps of a small project: records in three formats, 20 files of code, a checkpoint, a figure.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from lab import make_lab

from rla import TREES, ExperimentManager

REST_SECONDS = 5
CODE_FILES = 20

_DO = """
import json, shutil, sys, time
from pathlib import Path
from rla.batch import apply, choose, plan_deletion
import rla.database.index.store, rla.query.tables

root, what = Path(sys.argv[1]), sys.argv[2]
index = lambda: len(choose(root, pattern="*"))

def plan():
    found = plan_deletion(choose(root, where=sys.argv[3]))
    return len(found.items) + len(found.refused)

def rmtree():
    folders = [path for tree in root.iterdir() if tree.name != ".rla" for path in tree.glob("*/*/*/*/*")]
    begin = time.perf_counter()
    for path in folders:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return time.perf_counter() - begin

def delete():
    planned = plan_deletion(choose(root, pattern="*"))
    begin = time.perf_counter()
    outcome = apply(planned)
    seconds = time.perf_counter() - begin
    assert len(outcome.done) == len(planned.items) == int(sys.argv[3]), outcome.refused[:3]
    return seconds

begin = time.perf_counter()
answer = {"index": index, "plan": plan, "rmtree": rmtree, "delete": delete}[what]()
print(json.dumps({"seconds": time.perf_counter() - begin, "answer": answer}))
"""


def do(root: Path, cache: Path, *arguments: object) -> dict[str, Any]:
    """Do something in a process of its own; return its seconds and its answer."""
    done = subprocess.run(
        [sys.executable, "-c", _DO, str(root), *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env={**os.environ, "RLA_CACHE": str(cache)},
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def make_template(root: Path) -> str:
    """Make an experiment as users have it, and return its day."""
    project = root.with_name("project")
    project.mkdir()
    for number in range(CODE_FILES):
        (project / f"module_{number}.py").write_text(f"VALUE = {number}\n" * 200)
    manager = ExperimentManager()
    manager.set_hyper_param(env_id="Hopper-v4", seed=1, lr=1e-3)
    config = {"LOG_USED": ["csv", "tensorboard", "log"], "BACKUP_CONFIG": {"backup_code_dir": ["."]}}
    manager.configure("demo", {**config, "DL_FRAMEWORK": "plain"}, data_root=root, code_root=project)
    manager.log_files_gen()
    manager.new_saver()
    for step in range(100):
        manager.set_timestep(step)
        manager.logger.record_tabular("return", step)
        manager.logger.dump_tabular()
    manager.save_checkpoint({"weights": [0.0] * 1000})
    Path(manager.results_dir, "figure.txt").write_text("figure")
    day = f"{manager.record_date:%Y/%m/%d}"
    manager.finish()
    return day


def make_experiments(root: Path, number: int) -> None:
    """Make copies of an experiment, spread over thirty days; code is linked, as the code store does."""
    made = make_template(root)
    for position in range(number):
        day = f"2025/01/{position % 30 + 1:02}"
        name = f"10-00-{position // 60 % 60:02}-{position:06}_10.0.0.1_&"
        for tree in TREES:
            for path in (root / tree / "demo" / made).iterdir():
                target = root / tree / "demo" / day / f"{name}{path.suffix if path.is_file() else ''}"
                target.parent.mkdir(parents=True, exist_ok=True)
                copy = os.link if tree == "code" else shutil.copy2
                shutil.copytree(path, target, copy_function=copy) if path.is_dir() else shutil.copy2(path, target)
        card = root / "log" / "demo" / day / name / "experiment.json"
        card.write_text(json.dumps(json.loads(card.read_text()) | {"index_name": name, "id": f"{day}/{name[:15]}"}))
    for tree in TREES:
        shutil.rmtree(root / tree / "demo" / made)


def show(what: str, figure: str, limit: str, beside: str) -> None:
    """Print a line of the table."""
    print(f"{what:<52}{figure:>10}{limit:>12}   {beside}", flush=True)


def deleting(folder: Path, repeat: int) -> None:
    """Measure deleting 1,000 experiments, in turn with removing the same."""
    made = folder / "made"
    make_experiments(made, 1000)
    ratios, times = [], []
    for round_ in range(repeat):
        seconds = {}
        for what in ("rmtree", "delete"):
            root = folder / f"{what}{round_}"
            subprocess.run(["cp", "-a", str(made), str(root)], check=True)
            os.sync()
            time.sleep(REST_SECONDS)
            do(root, folder / "cache", "index")
            seconds[what] = do(root, folder / "cache", what, 1000)["answer"]
            shutil.rmtree(root)
        ratios.append(seconds["delete"] / seconds["rmtree"])
        times.append(seconds["rmtree"])
    median = statistics.median(times) * 1000
    show("1,000 experiments deleted", f"{statistics.median(ratios):.2f} x", "0.2 x", f"rmtree: {median:.0f} ms")


def planning(folder: Path, root: Path | None, number: int, repeat: int) -> None:
    """Measure a plan over a tenth of a large lab."""
    if root is None:
        make_lab(root := folder / "large", number)
    cache = folder / "cache"
    for _ in range(2):
        do(root, cache, "index")
        time.sleep(REST_SECONDS)
    found = [do(root, cache, "plan", "seed == 4") for _ in range(repeat)]
    seconds = statistics.median(each["seconds"] for each in found)
    show(f"{number:,} experiments, a plan over {found[0]['answer']:,}", f"{seconds:.2f} s", "2 s", "")


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experiments", type=int, default=0, help="also plan over a tenth of so many")
    parser.add_argument("--root", type=Path, help="a data root that benchmark/lab.py has made, for that")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="where data roots are made")
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder, prefix="rla_tidy_") as folder:
        show("what", "measured", "limit", "beside")
        deleting(Path(folder), options.repeat)
        if options.experiments:
            planning(Path(folder), options.root, options.experiments, options.repeat)


if __name__ == "__main__":
    main()
