"""`rla show` tells all that is known of one experiment."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner

from rla import exp_manager, logger
from rla.cli.main import _group


def test_it_shows_card_parameters_last_row_and_folders(start: Callable[..., None], data_root: Path) -> None:
    start(env_id="Hopper/v4", lr=0.25)
    logger.record_tabular("return", 7.5)
    logger.dump_tabular()
    exp_manager.finish()
    shown = CliRunner().invoke(_group, ["show", "lr=0.25", "--root", str(data_root)])
    assert shown.exit_code == 0
    for expected in ("finished", "Hopper/v4", "7.5", "checkpoint", "tensorboard --logdir"):
        assert expected in shown.output


def test_it_prints_json_for_machines(start: Callable[..., None], data_root: Path) -> None:
    start(lr=0.25)
    exp_manager.finish()
    known = json.loads(CliRunner().invoke(_group, ["show", "lr=", "--root", str(data_root), "--json"]).output)
    assert known["parameters"] == {"lr": 0.25}
    assert known["card"]["status"] == known["status"] == "finished"


def test_a_part_that_several_names_have_is_refused_with_a_list(
    start: Callable[..., None], data_root: Path, run_python: Callable[..., object]
) -> None:
    start(lr=1)
    start(lr=2)
    exp_manager.finish()
    program = "import sys; from rla.cli.main import main; sys.argv[0] = 'rla'; main()"
    done = run_python(program, "show", "lr=", "--root", data_root)
    assert done.returncode == 2
    assert "names 2 experiments" in done.stderr
    assert "lr=1" in done.stderr
    assert "lr=2" in done.stderr


def test_a_part_that_no_name_has_is_an_error(data_root: Path, run_python: Callable[..., object]) -> None:
    data_root.mkdir()
    program = "import sys; from rla.cli.main import main; sys.argv[0] = 'rla'; main()"
    done = run_python(program, "show", "nothing", "--root", data_root)
    assert done.returncode == 2
    assert done.stderr.startswith("error: No experiment")
    assert "Traceback" not in done.stderr
