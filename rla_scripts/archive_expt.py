"""Archive experiments: copy them into the folder `arc` of the data root. Older copies there are brought up to date."""

import argparse

from RLA.easy_log.log_tools import ArchiveLogTool

from rla.compat.scripts import data_root_beside, run


def main() -> None:
    """Show which experiments are meant, ask, and archive them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--task_table_name", required=True, help="the task table")
    parser.add_argument("--regex", required=True, help="a glob under the task, such as '2022/03/01/21-[12]*'")
    arguments = parser.parse_args()
    ArchiveLogTool(data_root_beside(__file__), arguments.task_table_name, arguments.regex).archive_log()


if __name__ == "__main__":
    run(main)
