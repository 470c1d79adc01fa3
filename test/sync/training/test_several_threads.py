"""Several threads of a training may ask and wait at the same time."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

from rla import exp_manager
from rla.sync.report import SyncReport


def test_all_of_them_get_their_answers_from_one_process(
    sending: Callable[..., None], dump: Callable[[int], None], agents: Callable, data_root: Path, there: Path,
    content_of: Callable,
) -> None:  # fmt: skip
    sending(every=0)
    exp_manager.sync_log_file()
    reports: list[SyncReport | None] = []
    ended = threading.Event()

    def ask() -> None:
        while not ended.is_set():
            exp_manager.sync_log_file()

    def wait() -> None:
        for step in range(10):
            dump(step)
            reports.append(exp_manager.sync_log_file(wait=True))

    asking = [threading.Thread(target=ask) for _ in range(2)]
    waiting = [threading.Thread(target=wait) for _ in range(3)]
    for thread in asking + waiting:
        thread.start()
    for thread in waiting:
        thread.join(100)
    ended.set()
    for thread in asking:
        thread.join(100)
    assert len(agents(os.getpid())) == 1
    exp_manager.finish()
    assert len(reports) == 30
    assert all(report is not None and report.complete for report in reports)
    assert content_of(there) == content_of(data_root)
