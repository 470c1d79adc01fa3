"""TensorBoard's own reader finds the scalars of each row, at its step, as 32-bit floats."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rla import logger
from rla.output.records import Row
from rla.output.tensorboard import TensorBoardOutput


def test_scalars_are_what_was_recorded_as_float32(folder: Path, dump: Callable, scalars: Callable) -> None:
    logger.configure(folder, ["tensorboard"])
    for step in range(100):
        dump(step=step * 10, loss=1 / (step + 1), count=step)
    logger.close()
    assert scalars(folder)["loss"] == [(step * 10, np.float32(1 / (step + 1))) for step in range(100)]
    assert scalars(folder)["count"] == [(step * 10, float(step)) for step in range(100)]


def test_a_process_writes_one_event_file(folder: Path, dump: Callable) -> None:
    logger.configure(folder, ["tensorboard"])
    writer = logger.get_tbx_writer()
    dump(step=1, loss=1.0)
    logger.flush()
    writer.add_scalar("by hand", 2.0, 1)
    writer.add_text("note", "text", 1)
    writer.flush()
    dump(step=2, loss=2.0)
    logger.close()
    assert len(list((folder / "tb" / "events").iterdir())) == 1


def test_one_event_carries_all_scalars_of_a_row(folder: Path, dump: Callable, events: Callable) -> None:
    logger.configure(folder, ["tensorboard"])
    dump(step=4, a=1, b=2, c=3)
    logger.close()
    version, row = events(folder)
    assert version.file_version == "brain.Event:2"
    assert [value.tag for value in row.summary.value] == ["a", "b", "c"]
    assert row.step == 4


def test_the_event_has_the_time_of_the_row(folder: Path, dump: Callable, events: Callable) -> None:
    logger.configure(folder, ["tensorboard"])
    row = dump(a=1)
    logger.close()
    assert events(folder)[-1].wall_time == row["timestamp"]


def test_time_step_and_timestamp_are_no_curves(folder: Path, dump: Callable, scalars: Callable) -> None:
    logger.configure(folder, ["tensorboard"])
    dump(a=1)
    logger.close()
    assert set(scalars(folder)) == {"a"}


def test_values_that_are_no_numbers_are_left_out_and_break_nothing(
    folder: Path, dump: Callable, scalars: Callable
) -> None:
    logger.configure(folder, ["tensorboard"])
    dump(step=1, text="words", none=None, array=np.arange(3), number=1)
    dump(step=2, text="only words")
    dump(step=3, number=3)
    logger.close()
    assert scalars(folder) == {"number": [(1, 1.0), (3, 3.0)]}


def test_a_bool_is_0_or_1(folder: Path, dump: Callable, scalars: Callable) -> None:
    logger.configure(folder, ["tensorboard"])
    dump(step=1, yes=True, no=False)
    logger.close()
    assert scalars(folder) == {"yes": [(1, 1.0)], "no": [(1, 0.0)]}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1e300, math.inf),
        (-1e300, -math.inf),
        (math.inf, math.inf),
        (-math.inf, -math.inf),
        (10**30, float(np.float32(10**30))),
        (10**400, math.inf),
        (2**64, 2.0**64),
        (float(np.finfo(np.float32).max), float(np.finfo(np.float32).max)),
        (3.4028235e38, float(np.finfo(np.float32).max)),
        (1e-60, 0.0),
        (-0.0, -0.0),
    ],
)
def test_numbers_beyond_float32_do_not_break_the_file(
    value: float, shown: float | None, folder: Path, dump: Callable, scalars: Callable
) -> None:
    logger.configure(folder, ["tensorboard", "csv"])
    dump(step=1, value=value, other=1)
    dump(step=2, other=2)
    logger.close()
    assert scalars(folder).get("value") == (None if shown is None else [(1, shown)])
    assert scalars(folder)["other"] == [(1, 1.0), (2, 2.0)]


def test_nan_stays_nan(folder: Path, dump: Callable, scalars: Callable) -> None:
    logger.configure(folder, ["tensorboard"])
    dump(step=1, value=math.nan)
    logger.close()
    ((_, value),) = scalars(folder)["value"]
    assert math.isnan(value)


@pytest.mark.parametrize(
    ("step", "shown"),
    [
        (-5, -5),
        (2.75, 2),
        (-2.75, -2),
        (math.nan, 0),
        (math.inf, 0),
        (2**62, 2**62),
        (2**70, 2**63 - 1),
        (-(2**70), -(2**63)),
        (1e300, 2**63 - 1),
        (np.int64(7), 7),
        (np.float32(7.5), 7),
    ],
)
def test_any_number_is_a_step(step: float, shown: int, folder: Path, dump: Callable, scalars: Callable) -> None:
    logger.configure(folder, ["tensorboard", "csv", "log"])
    dump(step=step, value=1)
    dump(step=3, value=2)
    logger.close()
    assert scalars(folder)["value"] == [(shown, 1.0), (3, 2.0)]


@pytest.mark.parametrize("step", ["torch", "array", "None", "text"])
def test_a_step_that_is_no_plain_number_does_not_stop_the_later_rows(
    step: str, folder: Path, dump: Callable, scalars: Callable, said: list[str]
) -> None:
    import torch

    odd = {"torch": torch.tensor(7), "array": np.array([7]), "None": None, "text": "7"}[step]
    logger.configure(folder, ["tensorboard", "csv", "log"])
    logger.set_time(odd)  # type: ignore[arg-type]
    dump(value=1)
    dump(step=8, value=2)
    logger.close()
    assert [value for _, value in scalars(folder)["value"]] == [1.0, 2.0]
    assert said == []


def test_tags_of_any_text_are_kept(folder: Path, dump: Callable, scalars: Callable) -> None:
    tags = ["a/b/c", "ünï→日本", "with space", "", "x" * 1000, "line\nbreak"]
    logger.configure(folder, ["tensorboard"])
    dump(step=1, **dict.fromkeys(tags, 1))
    logger.close()
    assert set(scalars(folder)) == set(tags)


def test_a_new_file_is_read_after_all_earlier_ones(tmp_path: Path) -> None:
    (tmp_path / "tb" / "events").mkdir(parents=True)
    names = ["events.out.tfevents.3000000000.zzz.1.0"]  # of a host whose clock is ahead
    (tmp_path / "tb" / "events" / names[0]).touch()
    for _ in range(4):
        output = TensorBoardOutput(tmp_path)
        names.append(output.file.path.name)
        output.close()
    assert names == sorted(names)
    assert len(set(names)) == 5


@given(
    rows=st.lists(
        st.tuples(
            st.integers(-(2**63), 2**63 - 1),
            st.dictionaries(
                st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
                st.one_of(
                    st.floats(allow_nan=False), st.integers(-(2**63), 2**64 - 1), st.booleans(), st.none(), st.text()
                ),
                max_size=5,
            ),
        ),
        max_size=6,
    )
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_rows_are_found_by_tensorboards_reader(
    rows: list[tuple[int, dict[str, object]]], tmp_path: Path, scalars: Callable
) -> None:
    for path in (tmp_path / "tb" / "events").glob("*"):
        path.unlink()
    output = TensorBoardOutput(tmp_path)
    output.write([Row(tuple(row), list(row.values()), step, 1.0, {}) for step, row in rows])  # type: ignore[arg-type]
    output.close()
    expected: dict[str, list[tuple[int, float]]] = {}
    with np.errstate(over="ignore"):
        for step, row in rows:
            for tag, value in row.items():
                if isinstance(value, (bool, int, float)) and tag not in ("time-step", "timestamp"):
                    expected.setdefault(tag, []).append((step, float(np.float32(value))))
    assert scalars(tmp_path) == expected
