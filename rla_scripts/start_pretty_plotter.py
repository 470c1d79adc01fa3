"""Write a JSON file of experiments, their hyper-parameters and metrics, for a plotter; no web page is started."""

import argparse
import sys

from RLA.easy_log.log_tools import PrettyPlotterTool

from rla.compat.scripts import data_root_beside, run


def main() -> None:
    """Write the file, and say where it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--task_table_name", required=True, help="the task table")
    parser.add_argument("--regex", required=True, help="a glob under the task, such as '2022/03/01/21-[12]*'")
    parser.add_argument("--location", default=".", help="the file, or a folder for it; default: this folder")
    arguments = parser.parse_args()
    tool = PrettyPlotterTool(data_root_beside(__file__), arguments.task_table_name, arguments.regex)
    sys.stdout.write(f"written: {tool.json_dump(arguments.location)}\n")


if __name__ == "__main__":
    run(main)
