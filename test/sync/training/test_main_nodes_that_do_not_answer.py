"""A main node that does not answer, refuses us or fails costs a training one warning, and its end some seconds."""

from __future__ import annotations

import contextlib
import re
import shlex
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

MOODY = """
def mood(text):
    with open(sys.argv[2] + ".mood", "w") as stream:
        stream.write(text)

def attempts():
    try:
        with open(sys.argv[2] + ".attempts") as stream:
            return len(stream.readlines())
    except FileNotFoundError:
        return 0

def lines():
    logger.flush()
    with open(exp_manager.log_dir + "log.txt") as stream:
        return stream.read()
"""


def run(training: Callable, program: str, transport: str = "Moody", **settings: object) -> list[str]:
    """Run a training to its end, and return what it has printed."""
    process = training(MOODY + program, transport=transport, **settings)
    output, errors = process.communicate(timeout=100)
    assert process.returncode == 0, errors
    return output.splitlines()


def test_a_black_hole_holds_up_nothing_and_the_process_ends_with_the_command_that_does_it_later(
    training: Callable, silent_port: int, data_root: Path, there: Path
) -> None:
    program = """
count = dump_until(warnings)
dump(count + 1)
print(warnings())
"""
    remote = {"timeout": 0.5, "wait_at_end": 0.5}
    told, last = run(training, program, "BlackHole", env={"RLA_TEST_PORT": str(silent_port)}, REMOTE_SETTING=remote)
    assert told.count("WARN") == 1
    assert "cannot be sent at the moment. The training goes on; it is tried again. the black hole does not" in told
    found = re.search(
        r"(\d) files of this run \(.*\) have not reached the main node: (.*) To send it later: (.*)", last
    )
    assert found is not None
    assert int(found[1]) >= 6
    assert found[2] == "the black hole does not answer."
    words = shlex.split(found[3])
    assert words[:2] == ["rla", "push"]
    assert words[3:] == ["--root", str(data_root), "--to", str(there), "--tree", "log"]
    assert list(data_root.glob(f"log/{words[2]}"))


@pytest.mark.fault
def test_with_the_values_that_nobody_changed_a_process_ends_within_ten_seconds(
    training: Callable, silent_port: int
) -> None:
    program = "exp_manager.sync_log_file()\nprint(time.monotonic())"
    remote = {"every": 30, "timeout": 10}
    process = training(program, "BlackHole", env={"RLA_TEST_PORT": str(silent_port)}, REMOTE_SETTING=remote)
    output, _ = process.communicate(timeout=100)
    assert time.monotonic() - float(output.splitlines()[0]) < 10


@pytest.mark.fault
def test_each_silence_is_one_warning_and_its_end_a_line(
    training: Callable, data_root: Path, there: Path, content_of: Callable
) -> None:
    program = """
mood("unreachable")
count = dump_until(lambda: attempts() >= 3)
print(len(warnings()))
mood("")
count = dump_until(lambda: "are sent again" in lines(), count)
print(warnings())
mood("unreachable")
count = dump_until(lambda: len(warnings()) == 2, count)
mood("")
dump_until(lambda: lines().count("are sent again") == 2, count)
print(len(warnings()))
"""
    first, warning, second = run(training, program)
    assert (first, second) == ("1", "2")
    assert "The records of this run cannot be sent at the moment. The training goes on" in warning
    assert "the main node is unreachable." in warning
    assert content_of(there) == content_of(data_root)


@pytest.mark.parametrize("mood", ["refused", pytest.param("unknown", marks=pytest.mark.fault)])
def test_who_is_refused_asks_no_second_time_not_even_at_the_end(training: Callable, there: Path, mood: str) -> None:
    program = f"""
mood("{mood}")
exp_manager.sync_log_file()
count = dump_until(warnings)
for _ in range(3):
    try:
        exp_manager.sync_log_file(wait=True)
    except Exception as error:
        print(type(error).__name__, error)
count = dump_until(lambda: time.sleep(0.5) or True, count)
print(warnings())
"""
    *errors, warning, last = run(training, program)
    name = {"refused": "LoginRefusedError", "unknown": "HostKeyError"}[mood]
    assert errors == [f"{name} the main node is {mood}."] * 3
    assert warning.count("WARN") == 1
    assert "it is tried again in a quarter of an hour" in warning
    assert f"have not reached the main node: the main node is {mood}. To send it later: rla push" in last
    assert Path(f"{there}.attempts").read_text().count("attempt") == 1


@pytest.mark.fault
def test_waiting_for_one_that_does_not_answer_raises_or_warns(training: Callable) -> None:
    program = """
mood("unreachable")
try:
    exp_manager.sync_log_file(wait=True)
except Exception as error:
    print(type(error).__name__, error)
print(exp_manager.sync_log_file(skip_error=True, wait=True))
mood("")
print(exp_manager.sync_log_file(wait=True).complete)
"""
    raised, *_, nothing, complete = run(training, program)
    assert raised == "UnreachableError the main node is unreachable."
    assert (nothing, complete) == ("None", "True")


@pytest.mark.fault
def test_what_a_transport_warns_of_is_told_once(training: Callable) -> None:
    program = "mood('warns')\ncount = dump_until(warnings)\ndump_until(lambda: arrived('progress.csv'), count)\n"
    (told,) = run(training, f"{program}print(warnings())")
    assert told.count("WARN") == 1
    assert "passwords travel in clear text" in told


def test_ctrl_c_ends_the_wait_at_the_end(training: Callable, silent_port: int, until: Callable) -> None:
    program = "exp_manager.sync_log_file()\nprint('ending', flush=True)\nexp_manager.finish()"
    process = training(
        program, "BlackHole", env={"RLA_TEST_PORT": str(silent_port)}, REMOTE_SETTING={"wait_at_end": 600}
    )
    assert process.stdout.readline() == "ending\n"
    card = next(Path(process.args[3]).rglob("experiment.json"))
    until(lambda: b'"finished"' in card.read_bytes())
    for _ in range(20):  # one may come where Python can only print it: people press again
        process.send_signal(2)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=1)
            break
    output, errors = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in errors
    assert "have not reached the main node. To send it later: rla push" in output


@pytest.mark.parametrize(
    ("remote", "told"),
    [
        ({"file_transfer_protocol": "sftp"}, "REMOTE_SETTING.ftp_server in the configuration dict is nothing"),
        ({"remote_data_root": None}, "REMOTE_SETTING.remote_data_root in the configuration dict is nothing"),
        ({"every": "often"}, "REMOTE_SETTING.every in the configuration dict is 'often'; expected a number of seconds"),
        ({"trees": "logs"}, "Did you mean 'log'"),
    ],
)
def test_a_wrong_configuration_is_told_once_and_the_training_goes_on(
    sending: Callable[..., None], dump: Callable[[int], None], remote: dict[str, object], told: str
) -> None:
    from rla import exp_manager, logger
    from rla.errors import ConfigError

    sending(**remote)
    for step in range(3):
        dump(step)
        exp_manager.sync_log_file()
    logger.flush()
    (line,) = Path(exp_manager.log_dir, "warn.txt").read_text().splitlines()
    assert "The records of this run are not sent:" in line
    assert told in line
    with pytest.raises(ConfigError, match=re.escape(told)):
        exp_manager.sync_log_file(wait=True)
