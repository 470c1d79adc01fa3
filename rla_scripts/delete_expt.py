"""Delete experiments: they go to the trash of the data root, and `rla undo` brings them back."""

import argparse

from RLA.easy_log.log_tools import DeleteLogTool, Filter

from rla.compat.scripts import data_root_beside, run


def main() -> None:
    """Show which experiments are meant, ask, and delete them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--task_table_name", required=True, help="the task table")
    parser.add_argument("--regex", required=True, help="a glob under the task, such as '2022/03/01/21-[12]*'")
    parser.add_argument(
        "--delete_type",
        choices=(Filter.ALL, Filter.SMALL_TIMESTEP),
        default=Filter.ALL,
        help="all (the default), or small_ts: only runs whose largest time step is below --timestep_bound",
    )
    parser.add_argument("--timestep_bound", type=float, help="for small_ts, in time steps")
    arguments = parser.parse_args()
    is_small = arguments.delete_type == Filter.SMALL_TIMESTEP
    if is_small != (arguments.timestep_bound is not None):  # one without the other would delete what is not meant
        parser.error("--delete_type small_ts and --timestep_bound belong together")
    chosen = Filter()
    chosen.config(arguments.delete_type, arguments.timestep_bound)
    tool = DeleteLogTool(data_root_beside(__file__), arguments.task_table_name, arguments.regex, chosen)
    if is_small:
        tool.delete_small_timestep_log()
    else:
        tool.delete_related_log()


if __name__ == "__main__":
    run(main)
