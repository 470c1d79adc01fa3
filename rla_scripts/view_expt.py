"""View experiments: show the backup.txt of each, asking before each."""

import argparse

from RLA.easy_log.log_tools import ViewLogTool

from rla.compat.scripts import data_root_beside, run


def main() -> None:
    """Show the notes of the experiments that are meant."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--task_table_name", required=True, help="the task table")
    parser.add_argument("--regex", required=True, help="a glob under the task, such as '2022/03/01/21-[12]*'")
    arguments = parser.parse_args()
    ViewLogTool(data_root_beside(__file__), arguments.task_table_name, arguments.regex).view_log()


if __name__ == "__main__":
    run(main)
