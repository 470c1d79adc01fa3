"""MatplotlibRecorder saves figures into the experiment's results and leaves the user's matplotlib alone."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure

from rla import MatplotlibRecorder, RLAWarning, exp_manager, files
from rla.errors import NotConfiguredError

Start = Callable[..., None]


@pytest.fixture(autouse=True)
def no_figures() -> Iterator[None]:
    plt.close("all")
    yield
    plt.close("all")


def saved() -> list[str]:
    folder = Path(exp_manager.results_dir)
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def is_png(path: str) -> bool:
    return Path(path).read_bytes().startswith(b"\x89PNG")


def test_a_figure_is_saved_with_the_time_step(start: Start) -> None:
    start(lr=1)
    exp_manager.set_timestep(1000)
    plt.plot([1, 2])
    path = MatplotlibRecorder.save("policy")
    assert path == exp_manager.results_dir + "policy-1000.png"
    assert is_png(path)


def test_a_second_one_of_that_name_gets_a_number(start: Start) -> None:
    start(lr=1)
    for _ in range(3):
        MatplotlibRecorder.save("policy")
    assert saved() == ["policy-0-2.png", "policy-0-3.png", "policy-0.png"]


def test_with_cover_it_replaces_the_first(start: Start) -> None:
    start(lr=1)
    first = MatplotlibRecorder.save("policy", cover=True)
    before = Path(first).read_bytes()
    plt.plot([1, 2])
    assert MatplotlibRecorder.save("policy", cover=True) == first
    assert saved() == ["policy-0.png"]
    assert Path(first).read_bytes() != before


def test_without_time_step_the_name_stays(start: Start) -> None:
    start(lr=1)
    MatplotlibRecorder.save("policy", add_timestamp=False)
    assert saved() == ["policy.png"]


@pytest.mark.parametrize(
    ("name", "file"),
    [
        (None, "figure-0.png"),
        ("a.pdf", "a-0.pdf"),
        ("a.svg", "a-0.svg"),
        ("eval/inner/a", "eval/inner/a-0.png"),
        ("lr=0.01", "lr=0.01-0.png"),
    ],
)
def test_the_name_may_have_folders_and_an_ending(start: Start, name: str | None, file: str) -> None:
    start(lr=1)
    MatplotlibRecorder.save(name)
    assert saved() == [file]


def test_a_dot_in_the_name_is_no_ending(start: Start) -> None:
    start(lr=1)
    MatplotlibRecorder.save("agent.net")
    assert saved() == ["agent.net-0.png"]


def test_another_folder_can_be_named_and_is_made(tmp_path: Path) -> None:
    path = MatplotlibRecorder.save("a", results_dir=tmp_path / "new" / "folder")
    assert path == str(tmp_path / "new" / "folder" / "a-0.png")
    assert is_png(path)


def test_without_an_experiment_it_says_what_to_call() -> None:
    with pytest.raises(NotConfiguredError, match="log_files_gen"):
        MatplotlibRecorder.save("a")


def test_a_figure_that_is_given_is_the_one_that_is_saved(start: Start) -> None:
    start(lr=1)
    given = plt.figure(figsize=(2, 2))
    plt.figure(figsize=(9, 9))
    small = MatplotlibRecorder.save("small", given, bbox_inches=None, dpi=50)
    assert plt.imread(small).shape[:2] == (100, 100)


def test_a_function_draws_on_a_figure_of_its_own(start: Start) -> None:
    start(lr=1)
    mine = plt.figure()
    drawn: dict[str, Any] = {}

    def draw(values: list[int], label: str) -> None:
        plt.plot(values, label=label)
        drawn["figure"] = plt.gcf()

    MatplotlibRecorder.pretty_plot_wrapper(
        "curve", draw, xlabel="steps", ylabel="return", title="T", legend_outside=True, values=[1, 2], label="a"
    )
    axes = drawn["figure"].gca()
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_title()) == ("steps", "return", "T")
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["a"]
    assert saved() == ["curve-0.png"]
    assert drawn["figure"] is not mine
    assert plt.get_fignums() == [mine.number]  # the user's own stays open, the new one is closed


def test_the_users_figure_is_the_current_one_again(start: Start) -> None:
    start(lr=1)
    plt.figure()
    mine = plt.figure()
    MatplotlibRecorder.pretty_plot_wrapper("curve", lambda: plt.plot([1]))
    assert plt.gcf() is mine


def test_the_figure_can_stay_open(start: Start) -> None:
    start(lr=1)
    MatplotlibRecorder.pretty_plot_wrapper("curve", lambda: plt.plot([1]), close_all_fig=False)
    assert len(plt.get_fignums()) == 1


def test_also_when_the_new_one_stays_open_the_users_is_the_current_one(start: Start) -> None:
    start(lr=1)
    mine = plt.figure()
    plt.figure()
    plt.figure(mine.number)
    MatplotlibRecorder.pretty_plot_wrapper("curve", lambda: plt.plot([1]), close_all_fig=False)
    assert plt.gcf() is mine
    assert len(plt.get_fignums()) == 3


def test_a_figure_that_the_function_makes_is_the_one_that_is_saved(start: Start) -> None:
    start(lr=1)
    mine = plt.figure()

    def draw() -> None:
        plt.subplots(figsize=(1, 1), facecolor="red")[1].axis("off")

    path = MatplotlibRecorder.pretty_plot_wrapper("curve", draw)
    assert tuple(plt.imread(path)[0, 0]) == (1, 0, 0, 1)
    assert plt.get_fignums() == [mine.number]


def test_a_function_that_goes_to_the_users_figure_does_not_change_what_is_saved(start: Start) -> None:
    start(lr=1)
    mine = plt.figure(facecolor="red")

    def draw() -> None:
        plt.plot([1, 2])
        plt.figure(mine.number)

    path = MatplotlibRecorder.pretty_plot_wrapper("curve", draw)
    assert tuple(plt.imread(path)[0, 0]) == (1, 1, 1, 1)
    assert plt.get_fignums() == [mine.number]


def test_a_legend_that_the_function_has_placed_stays_there(start: Start) -> None:
    start(lr=1)
    legends = []

    def draw() -> None:
        plt.plot([1, 2], label="a")
        legends.append(plt.legend(title="mine"))
        legends.append(plt.gca())

    MatplotlibRecorder.pretty_plot_wrapper("curve", draw)
    assert legends[1].get_legend() is legends[0]


def test_an_error_of_the_function_goes_through_and_leaves_no_figure(start: Start) -> None:
    start(lr=1)
    with pytest.raises(ZeroDivisionError):
        MatplotlibRecorder.pretty_plot_wrapper("curve", lambda: 1 / 0)
    assert plt.get_fignums() == []
    assert saved() == []


def test_style_and_backend_stay_as_they_were(start: Start) -> None:
    start(lr=1)
    before = (matplotlib.get_backend(), dict(matplotlib.rcParams))
    MatplotlibRecorder.pretty_plot_wrapper("curve", lambda: plt.plot([1]), pretty_plot=True)
    MatplotlibRecorder.save("other")
    assert (matplotlib.get_backend(), dict(matplotlib.rcParams)) == before


def test_threads_save_figures_of_their_own_at_once(start: Start) -> None:
    start(lr=1)

    def save(colour: str) -> None:
        for _ in range(3):
            MatplotlibRecorder.save("same", Figure(figsize=(1, 1), facecolor=colour))

    threads = [threading.Thread(target=save, args=(colour,)) for colour in ("red", "blue", "lime")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    corners = [tuple(plt.imread(exp_manager.results_dir + name)[0, 0, :3]) for name in saved()]
    assert sorted(corners) == [(0, 0, 1)] * 3 + [(0, 1, 0)] * 3 + [(1, 0, 0)] * 3


def test_a_name_never_leads_out_of_the_results(start: Start) -> None:
    start(lr=1)
    for name in ("../../outside", "/etc/outside.pdf", "a*?.png"):
        MatplotlibRecorder.save(name)
    assert saved() == ["_/_/outside-0.png", "a__-0.png", "etc/outside-0.pdf"]


def test_a_full_disk_is_told_of_once_and_the_training_goes_on(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    start(lr=1)

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files, "write_atomic", refuse)
    with pytest.warns(RLAWarning, match="'policy' could not be saved.*No space left") as warned:
        assert [MatplotlibRecorder.save("policy"), MatplotlibRecorder.pretty_plot_wrapper("a", lambda: None)] == [
            None
        ] * 2
    assert len(warned) == 1
    monkeypatch.undo()


def test_an_experiment_without_figures_loads_no_matplotlib(
    run_experiment: Callable[..., CompletedProcess[str]],
) -> None:
    program = "from rla import MatplotlibRecorder\nprint([name for name in sys.modules if name == 'matplotlib'])\n"
    assert run_experiment(program).stdout == "[]\n"


def test_a_figure_is_saved_where_there_is_no_screen(run_experiment: Callable[..., CompletedProcess[str]]) -> None:
    program = """
import matplotlib.pyplot as plt
from rla import MatplotlibRecorder
plt.plot([1, 2])
print(MatplotlibRecorder.save("a"))
"""
    done = run_experiment(program, env={"DISPLAY": "", "MPLBACKEND": "", "HOME": os.environ.get("HOME", "/")})
    assert is_png(done.stdout.strip()), done.stderr
