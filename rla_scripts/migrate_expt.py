"""Migrate experiments: copy them to another task table of the data root."""

import argparse

from RLA.easy_log.log_tools import MigrateLogTool

from rla.compat.scripts import data_root_beside, run


def main() -> None:
    """Show which experiments are meant, ask, and migrate them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--task_table", required=True, help="the task table")
    parser.add_argument("--target_task_table", required=True, help="the task table that they are copied to")
    parser.add_argument("--regex", required=True, help="a glob under the task, such as '2022/03/01/21-[12]*'")
    arguments = parser.parse_args()
    root = data_root_beside(__file__)
    MigrateLogTool(root, arguments.task_table, arguments.regex, arguments.target_task_table).migrate_log()


if __name__ == "__main__":
    run(main)
