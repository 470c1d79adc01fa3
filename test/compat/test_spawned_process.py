"""A process that multiprocessing spawns has both spellings, and one state of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

PROGRAM = """
import json, multiprocessing, os, sys

from RLA.easy_log.tester import tester
import rla

def work(manager, answers):
    import RLA.easy_log.logger as old_logger
    from RLA.easy_log.tester import tester as late_tester
    from rla import exp_manager, logger

    old_logger.logkv("a", 1)
    logger.record_tabular("b", 2)
    tester.set_hyper_param(seen=True)
    exp_manager.configure("spawned", {"LOG_USED": ["csv"]}, data_root="data", code_root=".")
    late_tester.log_files_gen()
    old_logger.logkv("c", 3)
    logger.record_tabular("d", 4)
    row = old_logger.dumpkvs()
    answers.put({
        "one module": old_logger is logger,
        "one manager": manager is exp_manager is late_tester is tester,
        "inherited": "parent" in manager.hyper_param,
        "seen": manager.hyper_param.get("seen"),
        "row": sorted(row),
        "pid": os.getpid(),
    })
    exp_manager.finish()

if __name__ == "__main__":
    tester.set_hyper_param(parent=True)
    context = multiprocessing.get_context(sys.argv[1])
    answers = context.Queue()
    process = context.Process(target=work, args=(tester, answers))
    process.start()
    answer = answers.get(timeout=50)
    process.join()
    answer["exit code"] = process.exitcode
    answer["untouched"] = "seen" not in rla.exp_manager.hyper_param
    answer["another process"] = answer.pop("pid") != os.getpid()
    print(json.dumps(answer))
"""


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_both_spellings_are_one_in_a_process_of_multiprocessing(tmp_path: Path, method: str) -> None:
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    result = subprocess.run(
        [sys.executable, "program.py", method],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout.splitlines()[-1]) == {
        "one module": True,
        "one manager": True,
        "inherited": method == "fork",
        "seen": True,
        "row": ["c", "d", "time-step", "timestamp"],
        "exit code": 0,
        "untouched": True,
        "another process": True,
    }
    assert len(list((tmp_path / "data" / "log" / "spawned").rglob("progress.csv"))) == 1
