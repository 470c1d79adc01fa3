"""Download experiments from the main node that rla_config.yaml names (REMOTE_SETTING); nothing is deleted here."""

import argparse

from RLA.easy_log.const import default_log_types
from RLA.easy_log.log_tools import DownloadLogTool

from rla.compat.scripts import configuration_beside, data_root_beside, run


def main() -> None:
    """Show which experiments are meant, ask, and download them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--task_table_name", required=True, help="the task table")
    parser.add_argument("--regex", required=True, help="a glob under the task, such as '2022/03/01/21-[12]*'")
    parser.add_argument("--trees", nargs="+", choices=default_log_types, help="default: REMOTE_SETTING.trees")
    parser.add_argument("--rla_config", help="the rla_config.yaml; default: the one of this project")
    arguments = parser.parse_args()
    config = configuration_beside(__file__, arguments.rla_config)
    root = data_root_beside(__file__)
    DownloadLogTool(config, root, arguments.task_table_name, arguments.regex, arguments.trees).download_log()


if __name__ == "__main__":
    run(main)
