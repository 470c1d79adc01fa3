"""No name of the old modules that are listed here is left out of the tests that call each of them once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rla.compat.modules import ALIASES

HERE = Path(__file__).resolve().parent
API = HERE.parents[2] / "shared" / "API.md"

pytestmark = pytest.mark.skipif(not API.exists(), reason=f"there is no {API}: it is not part of the repository")

LOGGER = tuple(f"test_each_name_of_the_logger{part}.py" for part in ("", "_for_files", "_for_text"))
TIMERS = ("test_each_name_of_the_timers.py",)
TOOLS = ("test_each_name_of_the_log_tools.py",)
PLOTS = tuple(f"easy_plot/{file}.py" for file in ("test_each_name_of_the_plots", "test_plot_results"))
SMALL = ("test_each_name_of_the_small_modules.py",)
TENSORFLOW = ("test_old_tensorflow_tools.py",)
FILES = {
    "auto_ftp": ("test_each_name_of_auto_ftp.py",),
    "const": SMALL,
    "easy_log.complex_data_recorder": SMALL,
    "easy_log.const": SMALL,
    "easy_log.exp_loader": ("test_each_name_of_the_loader.py",),
    "easy_log.log_tools": TOOLS,
    "easy_log.logger": LOGGER,
    "easy_log.simple_mat_plot": SMALL,
    "easy_log.tester": ("test_each_name_of_the_manager.py",),
    "easy_log.time_step": TIMERS,
    "easy_log.time_used_recorder": TIMERS,
    "easy_log.tools": TOOLS,
    "easy_plot.plot_func": PLOTS,
    "easy_plot.plot_func_v2": PLOTS,
    "easy_plot.plot_saved_images": ("test_old_saved_images.py",),
    "easy_plot.plot_util": PLOTS,
    "easy_plot.result_cls": PLOTS,
    "easy_plot.utils": PLOTS,
    "easy_tf.saver_tools": TENSORFLOW,
    "easy_tf.tools": TENSORFLOW,
    "easy_torch.save_tools": ("test_old_checkpoint_functions.py",),
    "email_send": ("test_old_mails.py",),
    "emb_test.__init__": SMALL,
    "query_tool": SMALL,
    "rla_argparser": SMALL,
    "trackers.memory_used_recorder": TIMERS,
    "trackers.time_used_recorder": TIMERS,
    "utils.utils": SMALL,
}
"""Module → the tests that call its names. A module of the page that is missing here fails a test below."""

LATER: dict[str, set[str]] = {}
"""Module → names that later work brings; `test_names_and_signatures` tells when they are there."""


def names_in(module: str) -> set[str]:
    """Return the names of a module and of its classes' attributes, as the list of the drop-in surface has them."""
    section = API.read_text(encoding="utf-8").partition(f"\n### RLA.{module}\n")[2].partition("\n### ")[0]
    parts = {part for piece in re.findall(r"`([^`]*)`", section) for part in piece.partition("(")[0].split(" = ")}
    return {part for part in parts if part.isidentifier()} - {"None", "__init__"}


@pytest.mark.parametrize("module", sorted(FILES))
def test_each_name_is_called(module: str) -> None:
    sources = "".join((HERE / file).read_text(encoding="utf-8") for file in FILES[module])
    words = set(re.findall(r"\w+", sources.partition("\n\n\n")[2]))
    names = names_in(module)
    assert names, f"{module} has no names in the list"
    assert names - words - LATER.get(module, set()) == set()


def test_no_module_of_the_page_is_left_out() -> None:
    modules = set(re.findall(r"^### RLA\.(\S+)$", API.read_text(encoding="utf-8"), flags=re.M))
    assert {module for module in modules if module.removesuffix(".__init__") in ALIASES} == set(FILES)


def test_the_names_of_the_logger_are_seen() -> None:
    assert {"DEBUG", "KVWriter", "writekvs", "get_time", "ma_dict", "profile", "CURRENT", "read_tb"} <= names_in(
        "easy_log.logger"
    )
