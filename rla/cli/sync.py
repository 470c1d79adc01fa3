"""`rla sync`: what is new travels, in one round or in many."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rla.cli.common import (
    counted,
    find_data_root,
    print_json,
    print_json_line,
    say,
    shown_duration,
    shown_size,
)
from rla.cli.progress import transfer_bar
from rla.cli.pull import check_data_root_to_be
from rla.cli.transfer_options import chosen_trees, end_options, find_settings
from rla.cli.transfers import PROBLEMS, PULL, PUSH, Words, complain, ends_by_ctrl_c, print_shares
from rla.errors import printable

if TYPE_CHECKING:
    from rla.config import Settings
    from rla.sync.by_hand.rounds import End
    from rla.sync.by_hand.watching import News

__all__ = ["sync"]


@click.command()
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option("--to", metavar="ADDRESS", help="Push to this data root, not to the main node of REMOTE_SETTING.")
@click.option("--watch", "watching", is_flag=True, help="Go on with what is new, until Ctrl-C.")
@click.option(
    "--every",
    type=click.FloatRange(min=1, max=86_400),
    metavar="SECONDS",
    help="With --watch: seconds between two rounds; REMOTE_SETTING.every, or 30, when left out.",
)
@end_options
@click.pass_context
def sync(
    context: click.Context,
    addresses: tuple[str, ...],
    to: str | None,
    watching: bool,
    every: float | None,
    task: str | None,
    trees: tuple[str, ...],
    all_trees: bool,
    config: str | None,
    root: str | None,
    as_json: bool,
) -> None:
    """Bring what is new to the main node, or from other machines.

    Without ADDRESS it pushes: what is new in this data root goes to the main node of REMOTE_SETTING, or to --to. With
    ADDRESS it pulls: what is new there comes into this data root, from each of several machines side by side. An
    address is one of `rla push` and `rla pull`.

    There is one round, or with --watch one after the other until Ctrl-C: runs that are under way, and those that
    changed since. What goes wrong is one line, however long it lasts; a machine that does not answer holds up no other,
    and is tried again. The exit code of one round is 1 when a file or a machine was left out.

    \b
    Examples:
      rla sync                                           once, to the main node
      rla sync --watch --every 10                        on a node, beside its runs
      rla sync ssh://gpu1/data ssh://gpu2/data --watch   on the main node
    """
    if addresses and to is not None:
        raise click.UsageError("--to pushes, and an ADDRESS alone pulls. Give one of them.")
    words = PULL if addresses else PUSH
    with ends_by_ctrl_c(context):
        data_root = find_data_root(root)
        settings = find_settings(config, root, data_root)
        if every is None:
            every = 30.0 if settings is None else max(1.0, float(settings.get("REMOTE_SETTING.every")))
        seconds = every if watching else None
        wanted = chosen_trees(trees, all_trees, settings)
        if addresses:
            ends = _machines(check_data_root_to_be(data_root), addresses, settings, config, wanted, task, seconds)
        else:
            ends = [_main_node(data_root, to, settings, config, wanted, task, seconds)]
        if not watching:
            context.exit(_once(ends, words, as_json))
    _watch(ends, every, words, as_json)


def _machines(
    data_root: Path,
    addresses: Sequence[str],
    settings: Settings | None,
    config: str | None,
    trees: Sequence[str],
    task: str | None,
    seconds: float | None,
) -> list[End]:
    from rla.sync.by_hand.addresses import check_is_there, remotes_at
    from rla.sync.by_hand.rounds import PullEnd

    remotes = {remote.identity: remote for each in addresses for remote in remotes_at(each, settings, bool(config))}
    check_is_there(list(remotes.values()))
    return [PullEnd(data_root, remote, trees, task, seconds) for remote in remotes.values()]


def _main_node(
    data_root: Path,
    address: str | None,
    settings: Settings | None,
    config: str | None,
    trees: Sequence[str],
    task: str | None,
    seconds: float | None,
) -> End:
    from rla.database.trees import check_data_root
    from rla.query.question import check_task_is_there
    from rla.sync.by_hand.addresses import remotes_at
    from rla.sync.by_hand.rounds import PushEnd

    root = check_data_root(data_root)
    if task is not None:
        check_task_is_there(root, task)
    return PushEnd(root, remotes_at(address, settings, bool(config)), trees, task, seconds)


def _once(ends: Sequence[End], words: Words, as_json: bool) -> int:
    """Have one round, say what came of it, and return the exit code.

    Raises:
        RLAError: there is one end alone, and nobody answers there.
    """
    from rla.sync.by_hand.watching import one_round

    with transfer_bar(words.doing) as bar:
        for end in ends:
            end.told = bar.told
        news = one_round(ends)
    if as_json:
        print_json([_as_item(each) for each in news])
    elif len(news) == 1 and news[0].error is not None:
        raise news[0].error
    else:
        for each in news:
            _tell(each, words)
    return PROBLEMS if any(each.error or each.problems or each.unfinished for each in news) else 0


def _tell(news: News, words: Words) -> None:
    if news.error is not None:
        complain({news.address: str(news.error)}, [])
        return
    print_shares(news.moved)
    complain(news.problems, news.notices)
    say(f"{_line(news, words)}.")


def _watch(ends: Sequence[End], every: float, words: Words, as_json: bool) -> None:
    from rla.sync.by_hand.watching import watch

    began, files, size = time.monotonic(), 0, 0
    if not as_json:
        where = ends[0].address if len(ends) == 1 else f"{len(ends)} data roots"
        click.echo(
            f"{words.doing} what is new {words.side} {where} every {shown_duration(every)}, until Ctrl-C.", err=True
        )

    def tell(news: News) -> None:
        nonlocal files, size
        files, size = files + len(news.moved), size + sum(news.moved.values())
        if as_json:
            print_json_line(_as_item(news))
        else:
            _tell_in_a_line(news, words)

    with contextlib.suppress(KeyboardInterrupt):
        watch(ends, every, tell, threading.Event())
    if not as_json:
        after = shown_duration(time.monotonic() - began)
        click.echo(f"\n{counted(files, 'file')} ({shown_size(size)}) in {after}.", err=True)


def _tell_in_a_line(news: News, words: Words) -> None:
    now = time.strftime("%H:%M:%S")
    if news.error is not None:
        click.echo(
            f"{now} {click.style('error:', fg='red', bold=True)} {printable(str(news.error))} It is tried again."
        )
        return
    back = " answers again;" if news.is_back else ""
    click.echo(f"{now}{back} {printable(_line(news, words))}")
    complain(news.problems, news.notices)


def _line(news: News, words: Words) -> str:
    """Return what came of a round, as one line."""
    from rla.sync.by_hand.experiment_paths import shares_of

    if not news.moved:
        looked = counted(news.unchanged, "file")
        return f"Nothing new {words.side} {news.address} ({looked} {words.there} already)"
    experiments = len(set().union(*(share.experiments for share in shares_of(news.moved))))
    files, size = counted(len(news.moved), "file"), shown_size(sum(news.moved.values()))
    return f"{files} of {counted(experiments, 'experiment')} {words.done} {news.address}: {size}"


def _as_item(news: News) -> dict[str, Any]:
    return {
        "address": news.address,
        "files": news.moved,
        "bytes": sum(news.moved.values()),
        "unchanged": news.unchanged,
        "unfinished": news.unfinished,
        "problems": news.problems,
        "notices": news.notices,
        "error": None if news.error is None else str(news.error),
    }
