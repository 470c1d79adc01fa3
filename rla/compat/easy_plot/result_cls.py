"""`RLA.easy_plot.result_cls`: what was read of one experiment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas

__all__ = ["CsvResult", "ImgResult", "Result"]


class Result:
    """What every result has.

    Args:
        hyper_param: its hyper-parameters by name, nested as they were set.
        dirname: its folder in the tree that was read.
    """

    def __init__(self, hyper_param: Mapping[str, Any] | None = None, dirname: str | None = None) -> None:
        self.hyper_param = hyper_param
        self.dirname = dirname

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.dirname!r})"


class CsvResult(Result):
    """What an experiment has recorded.

    Args:
        monitor: a table of episodes with their returns `r` and lengths `l`, as OpenAI baselines write them.
        progress: a table with the time step and what was recorded, one line for each row.
        dirname: its folder.
        metadata: what else is known of it.
        hyper_param: its hyper-parameters by name.
    """

    def __init__(
        self,
        monitor: pandas.DataFrame | None = None,
        progress: pandas.DataFrame | None = None,
        dirname: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        hyper_param: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(hyper_param, dirname)
        self.monitor = monitor
        self.progress = progress
        self.metadata = metadata


class ImgResult(Result):
    """Pictures that an experiment has saved.

    Args:
        hyper_param: its hyper-parameters by name.
        dirname: its folder in the results tree.
        img_path_dict: the paths of its pictures, by the name that was asked for.
    """

    def __init__(
        self,
        hyper_param: Mapping[str, Any] | None = None,
        dirname: str | None = None,
        img_path_dict: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(hyper_param, dirname)
        self.img_path_dict = img_path_dict
