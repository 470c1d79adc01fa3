"""Looking at many experiments for the index: here, or in worker processes where there are enough of them.

A worker is a fresh interpreter that runs nothing but this: neither a fork, which copies locks and threads of a training
script, nor `multiprocessing`, which imports the script once more.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import queue
import struct
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Final, Generic, NamedTuple, Protocol, TypeVar

from rla.database.index.entry import UNREADABLE, IndexEntry, ReadRows, read_entry, stamp_of
from rla.database.index.prepared import PreparedExperiment, prepare
from rla.database.index_name import parse_index_name
from rla.database.trees import ExperimentPlace
from rla.names import LOG

__all__ = ["Job", "JobReader", "Reader", "read_experiments", "work"]

ENOUGH_FOR_WORKERS: Final = 2_000
"""Below so many experiments, starting workers takes longer than they save."""

MOST_WORKERS: Final = 8
WORKERS_FOR_A_PROCESSOR: Final = 3
"""Half of the time they wait for the disk, or for a file server."""

_JOBS_AT_ONCE: Final = 50
_BATCHES_GIVEN: Final = 2
_ANSWERS_AHEAD: Final = 80
"""So many batches may wait while others are written, so that no worker waits for the writing."""

_LENGTH: Final = struct.Struct("<Q")
_FEW_COLLECTIONS: Final = 100_000
"""A worker makes next to no cycles of references."""

_PROGRAM: Final = (
    "import pickle, sys; stream = sys.stdin.buffer; stream.read(8); sys.path[:] = pickle.load(stream); "
    "from rla.database.index.reading import work; work(stream, sys.stdout.buffer)"
)


class Job(NamedTuple):
    """An experiment to look at.

    Attributes:
        number: which one it is among all; comes back with the answer.
        task, day, name: where it lies.
        before: values and state of its rows as they were read the last time.
    """

    number: int
    task: str
    day: str
    name: str
    before: tuple[dict[str, Any], Any] | None = None


Found = TypeVar("Found")
Found_co = TypeVar("Found_co", covariant=True)


class JobReader(Protocol[Found_co]):
    """What looks at experiments; it and what it finds can be pickled."""

    def read(self, job: Job) -> tuple[int, Found_co]:
        """Return the number of a job, and what was found."""


class Reader(NamedTuple):
    """Reads all that the index keeps of experiments, but for their sizes.

    Attributes:
        data_root: the database folder.
        read_rows: reads the newest values of a log folder; a function of a module where there are many jobs.
        now: seconds since 1970.
    """

    data_root: Path
    read_rows: ReadRows
    now: float

    def read(self, job: Job) -> tuple[int, PreparedExperiment | None]:
        """Read an experiment; None when it is not there any more."""
        place = ExperimentPlace(self.data_root, job.task, job.day, job.name)
        try:
            entry = read_entry(place, self.read_rows, self.now, job.before)
            return job.number, None if entry is None else prepare(entry)
        except Exception as error:  # whatever stands in the files of one experiment, it must not hide the others
            problem = f"it cannot be read: {type(error).__name__}: {error}"
            stamp, _ = stamp_of(place.path_text(LOG))
            entry = IndexEntry(place, [], UNREADABLE, problem, stamp=stamp, index=parse_index_name(job.name))
            return job.number, prepare(entry)


def read_experiments(jobs: Sequence[Job], reader: JobReader[Found]) -> Generator[tuple[int, Found], None, None]:
    """Look at experiments, in any order."""
    if len(jobs) >= ENOUGH_FOR_WORKERS:
        yield from _Workers(min(MOST_WORKERS, WORKERS_FOR_A_PROCESSOR * _processors()), reader).read(jobs)
    else:
        yield from map(reader.read, jobs)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Workers(Generic[Found]):
    """Worker processes, each with a thread that hands it jobs. What a worker does not answer is read here."""

    def __init__(self, number: int, reader: JobReader[Found]) -> None:
        self._number = number
        self._reader = reader
        self._waiting: queue.SimpleQueue[Sequence[Job]] = queue.SimpleQueue()
        self._answers: queue.Queue[bytes | Sequence[Job] | None] = queue.Queue(maxsize=_ANSWERS_AHEAD)
        self._stopped = threading.Event()
        self._processes: list[subprocess.Popen[bytes]] = []

    def read(self, jobs: Sequence[Job]) -> Iterator[tuple[int, Found]]:
        for start in range(0, len(jobs), _JOBS_AT_ONCE):
            self._waiting.put(jobs[start : start + _JOBS_AT_ONCE])
        threads = [threading.Thread(target=self._attend, name="rla-index", daemon=True) for _ in range(self._number)]
        for thread in threads:
            thread.start()
        left = self._number
        try:
            while left:
                answer = self._answers.get()
                if answer is None:
                    left -= 1
                    continue
                yield from pickle.loads(answer) if isinstance(answer, bytes) else map(self._reader.read, answer)
            while not self._waiting.empty():  # all workers have gone
                yield from map(self._reader.read, self._waiting.get())
        finally:
            self._stopped.set()
            for process in self._processes:  # whatever they wait for, a dead file server perhaps
                process.kill()
            for thread in threads:
                while thread.is_alive():  # it may wait for room in the queue
                    with contextlib.suppress(queue.Empty):
                        self._answers.get_nowait()
                    thread.join(0.01)

    def _attend(self) -> None:
        """Hand jobs to one worker until there are none; what it had not answered when it died goes back."""
        given: deque[Sequence[Job]] = deque()
        try:
            with _worker(self._reader) as process:
                self._processes.append(process)
                while not self._stopped.is_set():
                    # one batch more than it works at: it need not wait for this thread, which waits for the others
                    while len(given) < _BATCHES_GIVEN and (batch := self._next_batch()):
                        given.append(batch)
                        _send(batch, process.stdin)
                    if not given:
                        break
                    answers = _receive(process.stdout)
                    given.popleft()
                    self._answers.put(answers)  # as bytes: only one thread can make values of them at a time
        except (OSError, EOFError):
            for batch in given:
                self._answers.put(batch)
        finally:
            self._answers.put(None)

    def _next_batch(self) -> Sequence[Job]:
        try:
            return self._waiting.get_nowait()
        except queue.Empty:
            return ()


@contextlib.contextmanager
def _worker(reader: JobReader[object]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", _PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        for content in ([_without_here(path) for path in sys.path], reader):
            _send(content, process.stdin)
        yield process
    finally:
        with contextlib.suppress(OSError):
            process.stdin.close()  # type: ignore[union-attr]
        process.kill()
        process.wait()
        process.stdout.close()  # type: ignore[union-attr]


def _send(content: object, stream: IO[bytes] | None) -> None:
    assert stream is not None
    content = pickle.dumps(content, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(content)))
    stream.write(content)
    stream.flush()


def _receive(stream: IO[bytes] | None) -> bytes:
    """Return what the other side has sent, still pickled.

    Raises:
        EOFError: it has gone.
    """
    assert stream is not None
    head = stream.read(_LENGTH.size)
    (length,) = _LENGTH.unpack(head) if len(head) == _LENGTH.size else (1,)
    content = stream.read(length)
    if len(content) < length:
        raise EOFError
    return content


def _without_here(path: str) -> str:
    return path or os.getcwd()


def work(jobs: IO[bytes], answers: IO[bytes]) -> None:
    """Read jobs from a stream and write answers to another, until the first ends: what a worker process does."""
    gc.set_threshold(_FEW_COLLECTIONS)
    reader: JobReader[object] = pickle.loads(_receive(jobs))
    waiting: queue.SimpleQueue[Sequence[Job]] = queue.SimpleQueue()

    def take() -> None:
        """Take jobs at any time: who hands them over must not wait for an answer that waits to be taken."""
        with contextlib.suppress(EOFError, pickle.PickleError):
            while True:
                waiting.put(pickle.loads(_receive(jobs)))
        waiting.put(())

    threading.Thread(target=take, daemon=True).start()
    while batch := waiting.get():
        _send(list(map(reader.read, batch)), answers)
