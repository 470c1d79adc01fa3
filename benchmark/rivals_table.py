"""What one step costs in the loggers of others, and how many steps `kill -9` leaves: `python benchmark/rivals.py`.

For each rival three processes run one after another: one records, is timed, and closes; one records and kills itself
with signal 9 straight after its last record; one reads what each of them left, with the tool's own reader where it has
one (`READERS`). A step counts as found where all of its values can be read.

The columns: median time of one record; that time over the median of `csv.writer.writerow` of the same values in the
same process; mean time of a step with closing, when all is on disk; steps found after closing; steps found after the
kill. With `--pause` the process sleeps between steps as training would, so that threads in the background get their
turn; without it, steps come as fast as they can.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from rivals import RIVALS, MLflowFiles, Trackio

NAMES = tuple(f"train/value_{number:02d}" for number in range(20))
LIMIT_SECONDS = 600
WANDB_BLOCK, WANDB_FILE_HEADER, WANDB_RECORD_HEADER = 32768, 7, 7


def steps_in_rla(folder: str) -> int:
    """Read rows as rla does, of a killed run too; its events, too, once the journal is written out."""
    from rla.output.fold import fold_dead_run
    from rla.output.reader import read_progress

    rows = sum({*NAMES} <= row.keys() for row in read_progress(folder).rows)
    fold_dead_run(Path(folder))
    return min(rows, steps_in_events(os.path.join(folder, "tb", "events")))


def steps_in_events(folder: str) -> int:
    """Read events with the reader of the package tensorboard."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(folder, size_guidance={"scalars": 0})  # 0: keep all of them
    events.Reload()
    known = set(events.Tags()["scalars"])
    return min(len(events.Scalars(name)) if name in known else 0 for name in NAMES)


def steps_in_csv_and_events(folder: str) -> int:
    """Read the rows of progress.csv, and the events; both have to have a step."""
    with open(os.path.join(folder, "progress.csv"), newline="") as file:
        rows = sum(all(row.get(name) for name in NAMES) for row in csv.DictReader(file))
    return min(rows, steps_in_events(folder))


def steps_in_wandb_file(folder: str) -> int:
    """Read the framing of the file here, as wandb has no public reader for it; the records are wandb's own messages."""
    from wandb.proto.wandb_internal_pb2 import Record

    [file] = Path(folder).glob("wandb/offline-run-*/*.wandb")
    rows = [Record.FromString(content).history.item for content in wandb_records(file.read_bytes())]
    return sum({*NAMES} <= {item.key or "/".join(item.nested_key) for item in row} for row in rows)


def wandb_records(data: bytes) -> Iterator[bytes]:
    """Take records out of blocks of 32 KiB, where they stand as in a log of LevelDB, until one is not whole."""
    position, record = WANDB_FILE_HEADER, b""
    while position + WANDB_RECORD_HEADER <= len(data):
        room = WANDB_BLOCK - position % WANDB_BLOCK
        if room < WANDB_RECORD_HEADER:
            position += room
            continue
        length, kind = int.from_bytes(data[position + 4 : position + 6], "little"), data[position + 6]
        position += WANDB_RECORD_HEADER
        if kind == 0 or position + length > len(data):
            return
        record += data[position : position + length]
        position += length
        if kind in (1, 4):  # a whole record, or its last part
            yield record
            record = b""


def steps_in_trackio(folder: str) -> int:
    """Read rows with the storage class that the dashboard of Trackio uses."""
    Trackio.load(folder)
    from trackio.sqlite_storage import SQLiteStorage

    return sum({*NAMES} <= row.keys() for row in SQLiteStorage.get_logs(Trackio.project, Trackio.name))


def steps_in_mlflow(folder: str) -> int:
    """Read the history of each name with the client of MLflow."""
    client = MLflowFiles.load(folder).MlflowClient()
    [run] = client.search_runs(["0"])
    return min(len(client.get_metric_history(run.info.run_id, name)) for name in NAMES)


READERS: dict[str, Callable[[str], int]] = {
    "rla": steps_in_rla,
    "tensorboardX": steps_in_events,
    "torch SummaryWriter": steps_in_events,
    "SB3 logger": steps_in_csv_and_events,
    "W&B offline": steps_in_wandb_file,
    "Trackio": steps_in_trackio,
    "MLflow files": steps_in_mlflow,
    "MLflow async": steps_in_mlflow,
}


def rows_of_values(steps: int) -> list[dict[str, float]]:
    """Return values with all their digits, the same in each process."""
    source = random.Random(0)
    return [{name: source.gauss(0, 1) for name in NAMES} for _ in range(steps)]


def median_of_csv(rows: Sequence[dict[str, float]], folder: str, pause: float) -> float:
    """Return the median seconds of one `writerow`."""
    seconds = []
    with open(os.path.join(folder, "yardstick.csv"), "w", newline="") as file:
        writer = csv.writer(file)
        for row in rows:
            time.sleep(pause)
            started = time.perf_counter()
            writer.writerow(row.values())
            seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def record(name: str, folder: str, steps: int, pause: float, killed: bool) -> dict[str, float]:
    """Record all steps, then close and return the times in seconds; or end by signal 9 instead."""
    rows = rows_of_values(steps)
    recorder = RIVALS[name](os.path.join(folder, "run"))
    yardstick = median_of_csv(rows, folder, pause)
    seconds = []
    for step, row in enumerate(rows):
        time.sleep(pause)
        started = time.perf_counter()
        recorder.record(step, row)
        seconds.append(time.perf_counter() - started)
    if killed:
        os.kill(os.getpid(), signal.SIGKILL)
    started = time.perf_counter()
    recorder.close()
    closing = time.perf_counter() - started
    return {"step": statistics.median(seconds), "csv": yardstick, "closed": (sum(seconds) + closing) / steps}


def in_a_process(task: str, name: str, folder: str, options: argparse.Namespace) -> Any:
    """Run one task of a rival in a fresh process; wait for its end, and for that of helpers that share its output."""
    command = [sys.executable, __file__, "--task", task, "--rival", name, "--folder", folder]
    command += ["--steps", str(options.steps), "--pause", str(options.pause)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_SECONDS)
    if task == "kill" and done.returncode == -signal.SIGKILL:
        return None
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"ended with status {done.returncode}"]
        raise RuntimeError(lines[-1])
    return json.loads(done.stdout.splitlines()[-1])


def line_of(name: str, options: argparse.Namespace) -> str:
    """Return one line of the table."""
    place = options.place
    with tempfile.TemporaryDirectory(dir=place) as closed, tempfile.TemporaryDirectory(dir=place) as killed:
        times = in_a_process("time", name, closed, options)
        in_a_process("kill", name, killed, options)
        found = [in_a_process("find", name, folder, options) for folder in (closed, killed)]
    step, over_csv, with_closing = times["step"] * 1e6, times["step"] / times["csv"], times["closed"] * 1e6
    version = metadata.version(RIVALS[name].package)
    return f"{name:20} {version:12} {step:9.1f} {over_csv:8.1f} {with_closing:9.1f} {found[0]:9} {found[1]:9}"


def lines(options: argparse.Namespace) -> Iterator[str]:
    """Yield the lines of the table."""
    yield f"{options.steps} steps of {len(NAMES)} values, {options.pause} s apart; times in microseconds"
    yield f"{'':20} {'version':12} {'one step':>9} {'x csv':>8} {'closed':>9} {'found':>9} {'kill -9':>9}"
    for name in RIVALS:
        try:
            yield line_of(name, options)
        except Exception as error:  # one rival that fails must not hide the others
            yield f"{name:20} {error}"


def main() -> None:
    """Print the table, or do one task for the process that prints it."""
    parser = argparse.ArgumentParser(description="What one step costs in other loggers, and what kill -9 leaves.")
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--pause", type=float, default=0, help="seconds of sleep before each step")
    parser.add_argument("--place", default=".", help="a folder on the disk that matters")
    for hidden in ("--task", "--rival", "--folder"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.task == "find":
        print(json.dumps(READERS[options.rival](os.path.join(options.folder, "run"))))
    elif options.task:
        killed = options.task == "kill"
        print(json.dumps(record(options.rival, options.folder, options.steps, options.pause, killed)))
    else:
        for line in lines(options):
            print(line, flush=True)


if __name__ == "__main__":
    main()
