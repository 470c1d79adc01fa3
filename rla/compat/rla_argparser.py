"""`RLA.rla_argparser`: options that scripts of the original add to their argument parsers."""

from __future__ import annotations

import argparse

__all__ = ["arg_parser_postprocess", "boolean_flag"]


def boolean_flag(parser: argparse.ArgumentParser, name: str, default: bool = False, help: str | None = None) -> None:  # noqa: A002
    """Add a pair of options, ``--name`` and ``--no-name``.

    Args:
        parser: gets them.
        name: its name; the attribute of the parsed arguments has ``_`` for each ``-``.
        default: the value where neither is given.
        help: one sentence for people.
    """
    dest = name.replace("-", "_")
    parser.add_argument(f"--{name}", action="store_true", default=default, dest=dest, help=help)
    parser.add_argument(f"--no-{name}", action="store_false", default=default, dest=dest, help=argparse.SUPPRESS)


def arg_parser_postprocess(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add the options that say which experiment is gone on with: ``--loaded_task_name``, ``--loaded_date``, ``--info``.

    Those that the parser has already stay as they are.

    Returns:
        The parser.
    """
    known = {option for action in parser._actions for option in action.option_strings}
    if "--loaded_task_name" not in known:
        parser.add_argument("--loaded_task_name", default="", help="task table of the experiment that is gone on with")
    if "--info" not in known:
        parser.add_argument("--info", default="default exp info", help="what the experiment is about")
    if "--loaded_date" not in known:
        parser.add_argument(
            "--loaded_date",
            default=True,
            nargs="?",
            const=True,
            type=_date_or_flag,
            help="record date of the experiment that is gone on with",
        )
    return parser


def _date_or_flag(text: str) -> str | bool:
    return {"true": True, "false": False}.get(text.lower(), text)
