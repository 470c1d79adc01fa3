"""Of two processes that resume one run at the same moment, one goes on with it, and the other one is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

from rla import read_progress
from test.experiment.resuming.conftest import Process

RESUME = """
import sys
from rla import exp_manager, logger
from rla.errors import RunIsAliveError
config = {"LOG_USED": ["csv"], "DL_FRAMEWORK": "plain"}
exp_manager.configure("demo_task", config, data_root=sys.argv[1], code_root=sys.argv[2])
print("ready", flush=True)
sys.stdin.read(1)
try:
    exp_manager.resume("", at=20)
except RunIsAliveError as error:
    print("refused", "it can be resumed once" in str(error))
else:
    exp_manager.set_timestep(30)
    logger.record_tabular("loss", 2.0)
    logger.dump_tabular()
    print("resumed", flush=True)
    sys.stdin.read(1)  # it lives until the test has its answer
"""


def test_one_wins(
    run: Process, code: Path, data_root: Path, at_once: Callable[..., list[tuple[Popen[str], str]]]
) -> None:
    first = run(50)
    log = Path(first.log_dir)
    first.finish()
    said = [text.strip() for _, text in at_once(RESUME, [[data_root, code]] * 3)]
    assert said.count("resumed") >= 1
    assert set(said) <= {"resumed", "refused True"}
    card = json.loads((log / "experiment.json").read_text())
    segments = json.loads((log / "segments.json").read_text())["segments"]
    assert len(card["resumes"]) == len(segments) == said.count("resumed")
    assert [each["segment"] for each in card["resumes"]] == list(range(1, len(segments) + 1))
    assert [row["time-step"] for row in read_progress(log).rows] == [10, 20, 30]
