"""What a row costs: the logger against one `csv.writer` row of the same 20 values, measured in the same process.

    python benchmark/logger.py                    all figures, medians of five, and other loggers: a quarter of an hour
    python benchmark/logger.py --repeat 1 tight   one figure, once
    python benchmark/logger.py rivals             other loggers alone, those that are installed
                                                  (pip install -r benchmark/requirements.txt)

Each measurement runs in a fresh process and writes into a folder of its own below --folder (default: here), since
/tmp is memory on many machines. A step is 20 `record_tabular` and one `dump_tabular`, with csv, tensorboard and log.
"""

from __future__ import annotations

import argparse
import csv
import gc
import json
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import rivals_table

FORMATS = ("csv", "tensorboard", "log")
KEYS = [f"train/metric_{number}" for number in range(20)]
BASELINE_ROWS = 20_000

Figures = dict[str, float]


def table_of_values(rows: int = 1000) -> list[list[float]]:
    """Return rows of 20 numbers as trainings record them: 15 to 17 digits, of several magnitudes."""
    source = random.Random(0)
    return [[source.gauss(0, 1) * 10 ** source.randint(-4, 4) for _ in KEYS] for _ in range(rows)]


def csv_row_seconds(folder: Path, clock: Callable[[], float] = time.perf_counter) -> float:
    """Return what one `csv.writer` row of 20 values costs, the median of five stretches."""
    values = table_of_values()
    found = []
    with open(folder / "baseline.csv", "w", newline="") as stream:
        writer = csv.writer(stream)
        for _ in range(5):
            begin = clock()
            for number in range(BASELINE_ROWS // 5):
                writer.writerow(values[number % 1000])
            found.append((clock() - begin) / (BASELINE_ROWS // 5))
    return statistics.median(found)


def bursts(folder: Path, values: list[list[Any]]) -> float:
    """Return what a step costs in tight loops of 5,000, as a multiple of a csv row: the median of nine.

    Such a loop lasts 30 ms: a machine that does something else just then would be all that a single one shows.
    """
    from rla import logger

    found = []
    for _ in range(9):
        logger.flush()
        found.append(paired(folder, lambda: loop(5000, values)))
    return statistics.median(found)


def paired(folder: Path, measure: Callable[[], float], clock: Callable[[], float] = time.perf_counter) -> float:
    """Return a cost as a multiple of a csv row, which is measured before and after it."""
    before = csv_row_seconds(folder, clock)
    cost = measure()
    return cost / statistics.mean((before, csv_row_seconds(folder, clock)))


def loop(steps: int, values: list[list[Any]]) -> float:
    """Record steps; return the seconds of one in the training thread."""
    from rla import logger, time_step_holder

    record, dump = logger.record_tabular, logger.dump_tabular
    pairs = [list(zip(KEYS, row, strict=True)) for row in values]
    begin = time.perf_counter()
    for step in range(steps):
        time_step_holder.set_time(step)
        for key, value in pairs[step % len(pairs)]:
            record(key, value)
        dump()
    return (time.perf_counter() - begin) / steps


def configure(folder: Path) -> Path:
    """Begin to record, and let the first rows (files, columns) pass."""
    from rla import logger

    logger.configure(folder / "run", FORMATS)
    loop(100, table_of_values(10))
    logger.flush()
    return folder / "run"


# ---- the training thread -------------------------------------------------------------------------------------------


def tight(folder: Path) -> Figures:
    """A tight loop of 5,000 steps."""
    configure(folder)
    return {"× csv row": bursts(folder, table_of_values())}


def float32(folder: Path) -> Figures:
    """The same with scalars of numpy's float32."""
    import numpy as np

    values = [[np.float32(value) for value in row] for row in table_of_values()]
    configure(folder)
    return {"× csv row": bursts(folder, values)}


def long(folder: Path) -> Figures:
    """A million steps, more than the writer gets done beside them."""
    configure(folder)
    return {"× csv row": paired(folder, lambda: loop(1_000_000, table_of_values()))}


def stalls(folder: Path) -> Figures:
    """A million steps, each timed."""
    from rla import logger, time_step_holder

    configure(folder)
    record, dump, now = logger.record_tabular, logger.dump_tabular, time.perf_counter
    pairs = [list(zip(KEYS, row, strict=True)) for row in table_of_values()]
    durations = [0.0] * 1_000_000
    gc.collect()
    for step in range(len(durations)):
        begin = now()
        time_step_holder.set_time(step)
        for key, value in pairs[step % 1000]:
            record(key, value)
        dump()
        durations[step] = now() - begin
    durations.sort()
    median = durations[len(durations) // 2]
    return {
        "median µs": median * 1e6,
        "p99.9 × median": durations[int(len(durations) * 0.999)] / median,
        "longest ms": durations[-1] * 1e3,
    }


def training(folder: Path) -> Figures:
    """Steps of 2 ms of numpy, for ten seconds."""
    import numpy as np

    from rla import logger, time_step_holder

    configure(folder)
    matrix = np.random.default_rng(0).random((200, 200))
    record, dump, now = logger.record_tabular, logger.dump_tabular, time.perf_counter
    pairs = [list(zip(KEYS, row, strict=True)) for row in table_of_values()]
    durations = []
    for step in range(4500):
        end = now() + 0.002
        while now() < end:
            np.tanh(matrix @ matrix)
        begin = now()
        time_step_holder.set_time(step)
        for key, value in pairs[step % 1000]:
            record(key, value)
        dump()
        durations.append(now() - begin)
    durations.sort()
    return {"median µs": statistics.median(durations) * 1e6, "longest ms": durations[-1] * 1e3}


# ---- all work ------------------------------------------------------------------------------------------------------


def whole_cost(folder: Path, values: list[list[float]]) -> Figures:
    """Return the processor time of a step with everything, closing included."""
    from rla import logger

    steps = 100_000
    configure(folder)

    def measure() -> float:
        begin = time.process_time()
        loop(steps, values)
        logger.close()
        return (time.process_time() - begin) / steps

    return {"× csv row (CPU)": paired(folder, measure, time.process_time)}


def whole(folder: Path) -> Figures:
    """All work, closing included, 100,000 steps."""
    return whole_cost(folder, table_of_values())


def nans(folder: Path) -> Figures:
    """All work, with a NaN in each row."""
    return whole_cost(folder, [[*row[:-1], math.nan] for row in table_of_values()])


def late_keys(folder: Path) -> Figures:
    """A new key every 50 rows over 5,000 rows, closing included, against the same values under one key."""
    from rla import logger

    values = table_of_values()

    def run(name: str, key: Callable[[int], str]) -> float:
        logger.configure(folder / name, FORMATS)
        begin = time.perf_counter()
        for step in range(5000):
            for each, value in zip(KEYS, values[step % 1000], strict=True):
                logger.record_tabular(each, value)
            logger.record_tabular(key(step), step)
            logger.dump_tabular(step)
        logger.close()
        return time.perf_counter() - begin

    run("warm-up", lambda step: "one")
    same, new = [], []
    for turn in range(5):
        same.append(run(f"same{turn}", lambda step: "one"))
        new.append(run(f"new{turn}", lambda step: f"late/{step // 50}"))
    return {"× without": statistics.median(new) / statistics.median(same)}


def small_calls(folder: Path) -> Figures:
    """What is called and records nothing."""
    from rla import logger

    configure(folder)
    record, dump = logger.record_tabular, logger.dump_tabular
    record("seldom", 1.0, freq=10**9)
    dump()

    def cost(call: Callable[[], object]) -> float:
        found = []
        for _ in range(7):
            begin = time.perf_counter()
            for _ in range(100_000):
                call()
            found.append((time.perf_counter() - begin) / 100_000)
        return statistics.median(found)

    nothing = cost(lambda: None)
    return {
        "empty dump µs": (cost(dump)) * 1e6,
        "refused by freq µs": (cost(lambda: record("seldom", 1.0, freq=10**9)) - nothing) * 1e6,
    }


# ---- long runs -----------------------------------------------------------------------------------------------------


def memory(folder: Path) -> Figures:
    """A million rows of 5 keys: memory, and the last row while the run lives and afterwards."""
    import psutil

    from rla import logger
    from rla.output.last_row import last_row

    logger.configure(folder / "run", FORMATS)

    def rows(begin: int, end: int) -> None:
        for step in range(begin, end):
            for key in KEYS[:5]:
                logger.record_tabular(key, step / 3)
            logger.dump_tabular(step)

    process = psutil.Process()
    rows(0, 20_000)
    logger.flush()
    small = largest = process.memory_info().rss
    for begin in range(20_000, 1_000_000, 20_000):
        rows(begin, begin + 20_000)
        largest = max(largest, process.memory_info().rss)
    started = time.perf_counter()
    live = last_row(folder / "run")["time-step"]
    live_seconds = time.perf_counter() - started
    begin = time.perf_counter()
    logger.close()
    closing = time.perf_counter() - begin
    largest = max(largest, process.memory_info().rss)
    begin = time.perf_counter()
    closed = last_row(folder / "run")["time-step"]
    closed_seconds = time.perf_counter() - begin
    with open(folder / "run" / "progress.csv", "rb") as stream:
        lines = sum(1 for _ in stream)
    assert (live, closed, lines) == (999_999, 999_999, 1_000_001)
    return {
        "growth MB": (largest - small) / 1e6,
        "last row ms, live": live_seconds * 1e3,
        "last row ms, closed": closed_seconds * 1e3,
        "closing s": closing,
    }


def lag(folder: Path) -> Figures:
    """2,000 rows a second: how long until a row stands in progress.csv."""
    from rla import logger

    run = configure(folder)
    begin, step, worst = time.time(), 0, 0.0
    while time.time() < begin + 10:
        logger.record_tabular("now", time.time())
        for key in KEYS[1:]:
            logger.record_tabular(key, step / 3)
        logger.dump_tabular(step)
        step += 1
        while time.time() < begin + step / 2000:
            time.sleep(0.0002)
        if step % 50 == 0 and step > 4000:
            worst = max(worst, time.time() - _newest(run / "progress.csv"))
    return {"lag s": worst}


def _newest(path: Path) -> float:
    """Return the time stamp in the last line of a progress.csv."""
    with open(path, "rb") as stream:
        columns = stream.readline().decode().rstrip("\n").split(",")
        stream.seek(max(os.fstat(stream.fileno()).st_size - 4096, 0))
        cells = stream.read().decode().rstrip("\n").split("\n")[-1].split(",")
    return float(cells[columns.index("timestamp")])


# ---- the table -----------------------------------------------------------------------------------------------------


class Measure(NamedTuple):
    """A measurement, and what its figures must not exceed."""

    run: Callable[[Path], Figures]
    limits: Figures


MEASURES = {
    "tight": Measure(tight, {"× csv row": 0.45}),
    "long": Measure(long, {"× csv row": 0.5}),
    "stalls": Measure(stalls, {"p99.9 × median": 60, "longest ms": 20}),
    "training": Measure(training, {"median µs": 25}),
    "float32": Measure(float32, {"× csv row": 1.0}),
    "whole": Measure(whole, {"× csv row (CPU)": 1.5}),
    "nans": Measure(nans, {"× csv row (CPU)": 2.5}),
    "late_keys": Measure(late_keys, {"× without": 1.3}),
    "small_calls": Measure(small_calls, {"empty dump µs": 0.2, "refused by freq µs": 0.2}),
    "memory": Measure(memory, {"growth MB": 20, "last row ms, live": 10, "last row ms, closed": 10}),
    "lag": Measure(lag, {"lag s": 1.0}),
}


def in_a_fresh_process(name: str, folder: Path) -> Figures:
    """Run a measurement in a process of its own."""
    with tempfile.TemporaryDirectory(dir=folder, prefix="logger-benchmark-") as place:
        command = [sys.executable, __file__, "--measure", name, "--folder", place]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def lines(names: list[str], repeat: int, folder: Path) -> Iterator[str]:
    """Yield the lines of the table."""
    if names:
        yield f"{'':50} {'median':>9} {'of ' + str(repeat):>19} {'limit':>7}"
    for name in names:
        found = [in_a_fresh_process(name, folder) for _ in range(repeat)]
        described = (MEASURES[name].run.__doc__ or "").split("\n")[0]
        for position, figure in enumerate(found[0]):
            values = sorted(each[figure] for each in found)
            median, limit = statistics.median(values), MEASURES[name].limits.get(figure)
            verdict = "" if limit is None else f"{limit:7g}" + ("" if median <= limit else "  above")
            spread = f"{values[0]:.3g} to {values[-1]:.3g}"
            if not position:
                yield f"{name}: {described}"
            yield f"    {figure:46} {median:9.3g} {spread:>19} {verdict}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="figure", help=f"some of {', '.join(MEASURES)}, rivals")
    parser.add_argument("--repeat", type=int, default=5, help="medians of so many runs")
    parser.add_argument("--folder", type=Path, default=Path(), help="a folder on the disk that matters")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    options = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    if options.measure:
        print(json.dumps(MEASURES[options.measure].run(options.folder)))
        return
    known = [*MEASURES, "rivals"]
    for name in options.names:
        if name not in known:
            parser.error(f"there is no figure '{name}'; there are {', '.join(known)}")
    chosen = options.names or known
    for line in lines([name for name in chosen if name in MEASURES], options.repeat, options.folder.resolve()):
        print(line)
    for pause in (0.0, 0.005) if "rivals" in chosen else ():
        print()
        for line in rivals_table.lines(argparse.Namespace(steps=500, pause=pause, place=options.folder.resolve())):
            print(line)


if __name__ == "__main__":
    main()
