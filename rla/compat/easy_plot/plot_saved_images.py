"""`RLA.easy_plot.plot_saved_images`: pictures that experiments saved, side by side."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rla.compat.batch_screen import counted, say
from rla.compat.easy_plot.result_cls import ImgResult
from rla.compat.easy_plot.utils import results_loader
from rla.errors import QueryError
from rla.names import RESULTS
from rla.plot.image_grid import MOST_CELLS, draw_images
from rla.plot.images import pictures_in

if TYPE_CHECKING:
    from rla.experiment.query import BasicQueryResult

__all__ = ["meta_image_data_loader_func", "plot_saved_images"]


def meta_image_data_loader_func(
    query_res: BasicQueryResult, selected_images: str | Sequence[str], max_keep_num: int
) -> ImgResult:
    """Return the newest pictures that an experiment saved, by the name that the recorder was given.

    Args:
        query_res: a result of the results tree, as `experiment_data_query(…, OTHER_RESULTS)` has them.
        selected_images: the names; one without pictures has an empty list.
        max_keep_num: so many paths of each name, the newest first.

    Raises:
        QueryError: max_keep_num is no number of pictures.
    """
    _check_number(max_keep_num)
    names = [selected_images] if isinstance(selected_images, str) else selected_images
    found = pictures_in(query_res.dirname, names)
    paths = {name: [str(path) for path in saved[:max_keep_num]] for name, saved in found.items()}
    return ImgResult(dirname=query_res.dirname, img_path_dict=paths)


def plot_saved_images(
    data_root: str | os.PathLike[str],
    task_table_name: str,
    regs: Sequence[str],
    img_names: Sequence[str],
    hp_filter_dict: Mapping[str, object] | None = None,
    verbose: bool = False,
    max_keep_num: int = 1,
    summarize_res: bool = True,
) -> list[ImgResult]:
    """Show pictures that experiments saved side by side, in a figure of pyplot; in as many as they need.

    A run that has none of a name, and a file that cannot be read, have an empty cell that says so.

    Args:
        data_root: the database folder.
        task_table_name: the task table.
        regs: patterns under the task; rows of the figure are sorted as they are, then by date.
        img_names: the names that `ImgRecorder` or `MatplotlibRecorder` were given.
        hp_filter_dict: name → the value, or a list of the values, that runs shall have; None lets all pass.
        verbose: tell which runs were found.
        max_keep_num: so many pictures of each name and run, the newest first.
        summarize_res: tell how many runs have pictures of each name.

    Returns:
        The paths of what is shown, as `img_path_dict` of each run.

    Raises:
        ExperimentNotFoundError: no pattern names any run, or the filter lets none pass.
        QueryError: a pattern, a name or a number is none; one run has more pictures than a figure holds.
    """
    names = [img_names] if isinstance(img_names, str) else list(dict.fromkeys(img_names))
    if not names or not all(isinstance(name, str) and name for name in names):
        raise QueryError(f"img_names are those that the recorder was given, such as ['policy']; got {img_names!r}.")
    _check_number(max_keep_num)
    loaded, by_pattern = results_loader(
        data_root,
        task_table_name,
        regs,
        hp_filter_dict,
        lambda query_res: meta_image_data_loader_func(query_res, names, max_keep_num),
        verbose,
        RESULTS,
    )
    results = [result for result in loaded if isinstance(result, ImgResult)]
    if summarize_res:
        _summarize(results, by_pattern, names)
    top = Path(data_root, RESULTS)
    found = {
        os.path.relpath(str(result.dirname), top): {
            name: [Path(path) for path in paths] for name, paths in (result.img_path_dict or {}).items()
        }
        for result in results
    }
    runs = iter(found.items())
    while part := dict(itertools.islice(runs, max(MOST_CELLS // (len(names) * max_keep_num), 1))):
        draw_images(part, newest=max_keep_num)
    return results


def _check_number(max_keep_num: int) -> None:
    if max_keep_num < 1:
        raise QueryError(f"max_keep_num is how many pictures of a name are shown, at least 1; got {max_keep_num!r}.")


def _summarize(results: Sequence[ImgResult], by_pattern: Mapping[str, Sequence[str]], names: Sequence[str]) -> None:
    """Tell how many runs of each pattern have pictures of each name."""
    pictures = {str(result.dirname): result.img_path_dict or {} for result in results}
    for pattern, folders in by_pattern.items():
        having = {name: sum(bool(pictures[folder].get(name)) for folder in folders) for name in names}
        told = ", ".join(f"'{name}' of {number}" for name, number in having.items())
        say(f"{pattern}: {counted(len(folders), 'run')}; pictures {told}")
