"""What `push`, `pull` and `sync` are asked with: which trees, which configuration, since when."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from rla.cli.common import (
    CONFIG_FILE,
    ROOT_VARIABLE,
    as_json_option,
    complete_task,
    nearest_config,
    root_option,
)
from rla.config import Settings, load_settings
from rla.errors import RLAWarning
from rla.names import TREES

__all__ = ["chosen_trees", "end_options", "find_settings", "since_option"]


def since_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option --since."""
    text = "Those that began since then: a duration such as 2d or 12h, or a date such as 2026-11-01."
    return click.option("--since", metavar="WHEN", help=text)(function)


def end_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options --task, --tree, --all-trees, --config, --root and --json."""
    function = as_json_option(function)
    function = root_option(function)
    text = f"The {CONFIG_FILE} whose REMOTE_SETTING counts; the nearest one when left out."
    function = click.option("--config", metavar="FILE", type=click.Path(), help=text)(function)
    function = click.option("--all-trees", is_flag=True, help="All seven trees.")(function)
    text = "This tree, such as log or checkpoint; several times for more. REMOTE_SETTING.trees, or log, when left out."
    choice = click.Choice(TREES)
    function = click.option("--tree", "trees", type=choice, metavar="TREE", multiple=True, help=text)(function)
    return click.option("--task", shell_complete=complete_task, help="This task table only.")(function)


def find_settings(config: str | None, root: str | None, data_root: Path) -> Settings | None:
    """Return the configuration that was named, else the nearest, else that in the data root; None where there is none.

    Raises:
        ConfigError: it is not there, or cannot be read.
    """
    if config is not None:
        return load_settings(config)
    nearest = nearest_config()
    if nearest is None:
        nearest = path if (path := data_root / CONFIG_FILE).is_file() else None
        return None if nearest is None else load_settings(nearest)
    with warnings.catch_warnings():
        if not (root or os.environ.get(ROOT_VARIABLE)):  # it was read for the data root, and warned of then
            warnings.simplefilter("ignore", RLAWarning)
        return load_settings(nearest)


def chosen_trees(trees: Sequence[str], all_trees: bool, settings: Settings | None) -> tuple[str, ...]:
    """Return the trees that shall travel.

    Raises:
        UsageError: the options contradict each other.
    """
    from rla.sync.by_hand.addresses import trees_to_send

    if trees and all_trees:
        raise click.UsageError("Give --tree or --all-trees, not both.")
    return TREES if all_trees else tuple(trees) or trees_to_send(settings)
