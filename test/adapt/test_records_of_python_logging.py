"""`capture_logging` brings records of Python's `logging` into log.txt and warn.txt of whatever run is under way."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rla import exp_manager, logger
from rla.adapt.python_logging import RlaHandler, capture_logging


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """No handler and no level that a test sets outlives it."""
    root = logging.getLogger()
    names = (root, logging.getLogger("agent"), logging.getLogger("agent.network"))
    before = [(each, list(each.handlers), each.level, each.propagate) for each in names]
    yield
    logging.captureWarnings(False)
    for each, handlers, level, propagate in before:
        each.handlers[:], each.level, each.propagate = handlers, level, propagate


@pytest.fixture
def text(tmp_path: Path) -> Callable[..., str]:
    """Record into a folder, and read one of its files: ``text("warn.txt")``."""
    logger.configure(tmp_path / "log", ["log"])

    def read(name: str = "log.txt") -> str:
        logger.flush()
        return (tmp_path / "log" / name).read_text()

    return read


def test_records_stand_in_the_log_with_the_name_of_their_logger(text: Callable[..., str]) -> None:
    capture_logging(level=logging.INFO)
    logging.getLogger("agent.network").info("%d layers", 3)
    assert "agent.network: 3 layers\n" in text()
    assert "layers" not in text("warn.txt")


@pytest.mark.parametrize(
    ("level", "name"), [(30, "WARN"), (35, "WARN"), (40, "ERROR"), (logging.CRITICAL, "ERROR"), (100, "ERROR")]
)
def test_warnings_and_errors_stand_in_warn_txt_too(text: Callable[..., str], level: int, name: str) -> None:
    capture_logging()
    logger.set_time(7)
    logging.getLogger("agent").log(level, "something is wrong")
    line = f"{name} | time step 7 | agent: something is wrong\n"
    assert line in text()
    assert line in text("warn.txt")


@pytest.mark.parametrize("level", [1, 10, 15])
def test_what_is_below_info_follows_the_level_of_rla(text: Callable[..., str], level: int) -> None:
    capture_logging(level=1)
    logging.getLogger("agent").log(level, "first detail")
    logger.set_level(logger.DEBUG)
    logging.getLogger("agent").log(level, "second detail")
    assert "first detail" not in text()
    assert "agent: second detail\n" in text()


def test_exceptions_come_with_their_traceback(text: Callable[..., str]) -> None:
    capture_logging()
    try:
        raise KeyError("observation")
    except KeyError:
        logging.getLogger("agent").exception("the episode is given up")
    for name in ("log.txt", "warn.txt"):
        assert "agent: the episode is given up\nTraceback (most recent call last):" in text(name)
        assert "KeyError: 'observation'\n" in text(name)


def test_warnings_of_python_come_too_where_logging_captures_them(text: Callable[..., str]) -> None:
    import warnings

    capture_logging()
    logging.captureWarnings(True)
    warnings.warn("the environment is old", UserWarning, stacklevel=1)
    assert "py.warnings: " in text("warn.txt")
    assert "UserWarning: the environment is old" in text("warn.txt")


def test_one_logger_alone_can_be_captured(text: Callable[..., str]) -> None:
    capture_logging("agent")
    logging.getLogger("agent.network").warning("from the agent")
    logging.getLogger("simulator").warning("from the simulator")
    assert "from the agent" in text()
    assert "from the simulator" not in text()


def test_a_second_call_adds_no_second_handler(text: Callable[..., str]) -> None:
    assert capture_logging() is capture_logging(logging.getLogger())
    logging.getLogger("agent").warning("once")
    assert text().count("once") == 1


def test_a_record_that_passes_two_of_our_handlers_is_written_once(text: Callable[..., str]) -> None:
    capture_logging("agent")
    capture_logging()
    for _ in range(2):
        logging.getLogger("agent").warning("twice")
    assert text().count("twice") == 2


def test_the_handler_takes_a_formatter_a_level_and_filters(text: Callable[..., str]) -> None:
    handler = RlaHandler(logging.ERROR)
    handler.setFormatter(logging.Formatter("[%(levelname)s] %(message)s"))
    handler.addFilter(lambda record: "secret" not in record.getMessage())
    logging.getLogger("agent").addHandler(handler)
    logging.getLogger("agent").warning("a warning")
    logging.getLogger("agent").error("an error")
    logging.getLogger("agent").error("a secret error")
    assert "[ERROR] an error" in text()
    assert "a warning" not in text()
    assert "secret" not in text()


def test_it_follows_the_experiments_of_a_process(start: Callable[..., None]) -> None:
    capture_logging()
    folders = []
    for lr in (1, 2, 3):
        start(lr=lr)
        folders.append(Path(exp_manager.log_dir))
        logging.getLogger("agent").warning("in run %d", lr)
    exp_manager.finish()
    logging.getLogger("agent").warning("after all")
    texts = [(folder / "warn.txt").read_text() for folder in folders]
    assert [[f"in run {lr}" in text for lr in (1, 2, 3)] for text in texts] == [
        [True, False, False],
        [False, True, False],
        [False, False, True],
    ]
    assert not any("after all" in text for text in texts)


def test_records_of_threads_all_arrive_once(text: Callable[..., str]) -> None:
    capture_logging()

    def work(name: int) -> None:
        for count in range(50):
            logging.getLogger("agent").warning("thread %d says %d.", name, count)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    said = [line.partition("agent: ")[2] for line in text("warn.txt").splitlines()]
    assert sorted(said) == sorted(f"thread {name} says {count}." for name in range(4) for count in range(50))


# ---- nothing of it harms the training -----------------------------------------------------------------------------


class Bad:
    def __str__(self) -> str:
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    ("message", "arguments"),
    [("%d", ("x",)), ("%s %s", ("one",)), ("%s", (Bad(),))],
    ids=["no number", "one of two", "no text"],
)
def test_a_record_that_cannot_be_formatted_is_told_on_stderr_as_ever(
    text: Callable[..., str], message: str, arguments: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    capture_logging("agent")
    logging.getLogger("agent").propagate = False  # pytest's own handlers raise here
    logging.getLogger("agent").warning(message, *arguments)
    logging.getLogger("agent").warning("the next one")
    assert "--- Logging error ---" in capfd.readouterr().err
    assert "the next one" in text()


def test_what_rla_warns_of_is_not_written_twice_nor_again_and_again(
    text: Callable[..., str], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    capture_logging()
    monkeypatch.setattr(logging.getLogger(), "handlers", [*filter(_ours, logging.getLogger().handlers)])
    with pytest.MonkeyPatch.context() as patch:
        import warnings

        patch.setattr(warnings, "filters", [])
        logging.captureWarnings(True)
        logger.record_tabular("a", 1, exclude="nonsense")
    assert text("warn.txt").count("names no output format") == 1
    assert text("log.txt").count("names no output format") == 1
    assert "names no output format" in capfd.readouterr().err  # where Python shows it without a handler


def _ours(handler: logging.Handler) -> bool:
    return isinstance(handler, RlaHandler)


def test_an_object_that_logs_when_it_is_recorded_hangs_nobody(text: Callable[..., str]) -> None:
    capture_logging()

    class Chatty:
        def __float__(self) -> float:
            logging.getLogger("agent").warning("somebody wants a number")
            return 1.5

        def __str__(self) -> str:
            logging.getLogger("agent").warning("somebody wants a text")
            return "chatty"

    logger.record_tabular("a", Chatty())
    logger.dump_tabular(1)
    logger.info(Chatty())
    logging.getLogger("agent").warning("%s", Chatty())
    assert "somebody wants a number" in text()
    assert "agent: chatty\n" in text()


def test_an_object_that_logs_itself_when_it_is_shown_does_not_recurse(
    text: Callable[..., str], capfd: pytest.CaptureFixture[str]
) -> None:
    capture_logging("agent")
    logging.getLogger("agent").propagate = False

    class Chatty:
        def __str__(self) -> str:
            logging.getLogger("agent").warning("again: %s", self)
            return "chatty"

    logging.getLogger("agent").warning("once: %s", Chatty())
    assert text("warn.txt").count("chatty") == 1
    assert "Logging error" not in capfd.readouterr().err


def test_a_thread_that_logs_while_it_records_waits_for_nobody_who_waits_for_it(text: Callable[..., str]) -> None:
    """Whoever logs takes locks in this order: handler, journal; a value that logs when it is recorded has the other."""
    recording, logging_too = threading.Event(), threading.Event()

    class SlowFormatter(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            logging_too.set()
            return super().format(record)

    capture_logging("agent").setFormatter(SlowFormatter())
    logging.getLogger("agent").propagate = False

    class Chatty:
        def __float__(self) -> float:
            recording.set()
            assert logging_too.wait(10)
            logging.getLogger("agent").warning("from the one that records")
            return 1.5

    def record() -> None:
        logger.record_tabular("a", Chatty())
        logger.dump_tabular(1)

    def log() -> None:
        assert recording.wait(10)
        logging.getLogger("agent").warning("from the other")

    threads = [threading.Thread(target=work, daemon=True) for work in (record, log)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not any(thread.is_alive() for thread in threads)
    assert "from the one that records" in text()
    assert "from the other" in text()


def test_an_output_that_logs_what_it_writes_does_not_feed_itself(tmp_path: Path) -> None:
    """Otherwise each line would lead to the next one, once a second, for ever."""
    from rla.output import FileOutput, register_output

    class LoggingOutput(FileOutput):
        name = "that_logs"

        def path_in(self, directory: Path) -> Path:
            return directory / "written.txt"

        def write(self, records: Any) -> int:
            if records:
                logging.getLogger("agent").warning("%d records are written", len(records))
            return len(records)

    register_output(LoggingOutput)
    capture_logging()
    logger.configure(tmp_path / "log", ["log", "that_logs"])
    for _ in range(3):
        logging.getLogger("agent").warning("from the training")
        logger.flush()
    logger.close()
    lines = (tmp_path / "log" / "warn.txt").read_text()
    assert lines.count("from the training") == 3
    assert "records are written" not in lines


def test_a_forked_child_logs_to_the_terminal_alone(
    text: Callable[..., str], in_a_fork: Callable[..., int], capfd: pytest.CaptureFixture[str]
) -> None:
    capture_logging("agent")
    logging.getLogger("agent").propagate = False
    assert in_a_fork(lambda: logging.getLogger("agent").warning("from the child")) == 0
    logging.getLogger("agent").warning("from the parent")
    assert "from the child" in capfd.readouterr().out
    assert "from the child" not in text()
    assert "from the parent" in text()


def test_forks_while_threads_log_hang_nobody(text: Callable[..., str], in_a_fork: Callable[..., int]) -> None:
    capture_logging("agent")
    logging.getLogger("agent").propagate = False
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            logging.getLogger("agent").info("line")

    capture_logging("agent", logging.INFO)
    thread = threading.Thread(target=work)
    thread.start()

    def child() -> None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        logging.getLogger("agent").warning("from the child")

    try:
        assert [in_a_fork(child) for _ in range(10)] == [0] * 10
    finally:
        stop.set()
        thread.join()
