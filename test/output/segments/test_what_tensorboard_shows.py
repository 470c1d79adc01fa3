"""TensorBoard shows one rising curve of a run that was resumed: what it left behind is hidden, in its own words."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from rla import logger
from rla.output import writer
from rla.output.event_reader import read_events
from rla.output.events import summary_event
from rla.output.fold import fold_dead_run
from rla.output.logger import Logger
from rla.output.restart import Restart
from rla.output.writer import Writer

Segment = Callable[..., Logger]


def test_it_hides_what_was_left_behind(segment: Segment, folder: Path, shown: Callable) -> None:
    segment(range(10), gone=1)
    segment(range(6, 8), resume_at=5)
    assert shown(folder) == [(step, step) for step in range(6)] + [(6, 6.1), (7, 7.1)]
    assert shown(folder, "gone") == [(step, 1) for step in range(6)]


@pytest.mark.parametrize("first", [5, 3])
def test_a_step_that_is_recorded_again_is_shown_once(
    first: int, segment: Segment, folder: Path, shown: Callable
) -> None:
    segment(range(10))
    segment(range(first, 7), resume_at=5)
    assert [step for step, _ in shown(folder)] == list(range(7))
    assert shown(folder)[first] == (first, first + 0.1)


def test_it_can_be_resumed_again(segment: Segment, folder: Path, shown: Callable) -> None:
    segment(range(10))
    segment(range(6, 9), resume_at=5)
    segment(range(3, 5), resume_at=2)
    assert shown(folder) == [(0, 0), (1, 1), (2, 2), (3, 3.2), (4, 4.2)]


def test_our_own_reader_shows_the_same(segment: Segment, folder: Path, shown: Callable) -> None:
    segment(range(10))
    segment(range(6, 8), resume_at=5)
    table = logger.read_tb(folder)
    assert [(step, pytest.approx(value)) for step, value in table["loss"].items()] == shown(folder)


def test_its_own_files_say_from_which_step_on(segment: Segment, folder: Path) -> None:
    segment(range(10))
    segment([6], resume_at=5)
    files = sorted((folder / "tb" / "events").iterdir())
    events = [event for path in files for event in read_events(path)]
    assert {event.step for event in events if event.restarts} == {6}


def test_pictures_before_the_first_row_stay(segment: Segment, folder: Path, shown: Callable) -> None:
    segment(range(10))
    again = segment([], resume_at=5, close=False)
    for step in (5, 6):  # a step that is taken again
        again.clock.set_time(step)
        again.image("frame", np.zeros((2, 2, 3), np.uint8), save=False)
        again.record_tabular("loss", step + 0.5)
        again.dump_tabular()
    again.close()
    assert shown(folder) == [(step, step) for step in range(5)] + [(5, 5.5), (6, 6.5)]
    accumulator = EventAccumulator(str(folder / "tb" / "events"), size_guidance={"images": 0})
    accumulator.Reload()
    assert [each.step for each in accumulator.Images("frame")] == [5, 6]


def test_what_belongs_to_the_whole_run_hides_nothing(segment: Segment, folder: Path, shown: Callable) -> None:
    segment(range(10))
    again = segment([], resume_at=5, close=False)
    again.add_event(summary_event([b"\n\x01a\x15" + struct.pack("<f", 1.0)], 0, time.time()))  # as hyper-parameters do
    again.record_tabular("loss", 6.5)
    again.dump_tabular(6)
    again.close()
    assert shown(folder) == [(step, step) for step in range(6)] + [(6, 6.5)]


def test_steps_at_the_ends_of_the_numbers() -> None:
    assert Restart((1 << 63) - 1)._next == (1 << 63) - 1


@pytest.mark.parametrize("written", [0, 1, 3])
def test_a_kill_before_its_files_were_written(
    written: int, segment: Segment, folder: Path, killed: Callable, shown: Callable
) -> None:
    segment(range(10))

    def program(acknowledge: Callable[[int], None]) -> None:
        writer.FLUSH_SECONDS, Writer.wake = 1e6, lambda self: None  # type: ignore[method-assign,misc]
        again = segment([], resume_at=5, close=False)
        for count, step in enumerate(range(6, 10)):
            if count == written:
                again.flush()
                again._pipeline._writer._sync()  # type: ignore[union-attr]
            again.record_tabular("loss", step + 0.1)
            again.dump_tabular(step)
        os.kill(os.getpid(), signal.SIGKILL)

    killed(program)
    expected = [(step, step) for step in range(6)] + [(step, step + 0.1) for step in range(6, 10)]
    table = logger.read_tb(folder)["loss"]
    assert list(table.items()) == [(step, pytest.approx(value)) for step, value in expected]
    fold_dead_run(folder)
    assert shown(folder) == expected


def test_the_server_that_loads_fast_shows_the_same(
    segment: Segment, folder: Path, shown: Callable, tmp_path: Path
) -> None:
    segment(range(10))
    segment(range(6, 9), resume_at=5)
    segment(range(3, 5), resume_at=2)
    assert served(folder, tmp_path / "port") == [step for step, _ in shown(folder)] == list(range(5))


def served(folder: Path, port: Path) -> list[int]:
    """Return the steps of the losses as the data server gives them that `tensorboard --load_fast` starts."""
    from tensorboard.context import RequestContext
    from tensorboard.data.server_ingester import ExistingServerDataIngester
    from tensorboard.util.grpc_util import ChannelCredsType

    server = pytest.importorskip("tensorboard_data_server").server_binary()
    if server is None:
        pytest.skip("there is no data server for this platform")
    arguments = [server, f"--logdir={folder}", "--port=0", f"--port-file={port}", "--die-after-stdin"]
    process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not (port.exists() and port.read_text().endswith("\n")):
            assert process.poll() is None
            time.sleep(0.02)
        address = f"localhost:{int(port.read_text())}"
        ingester = ExistingServerDataIngester(address, channel_creds_type=ChannelCredsType.LOCAL)
        ingester.start()
        ask = {"experiment_id": "", "plugin_name": "scalars", "downsample": 1000}
        while True:  # until it has read the run; the test's time limit ends it otherwise
            found = ingester.data_provider.read_scalars(RequestContext(), **ask)
            if data := [tags["loss"] for tags in found.values() if "loss" in tags]:
                return [each.step for each in data[0]]
            time.sleep(0.02)
    finally:
        process.kill()
        process.communicate()
