"""`rla fsck`: the check of a data root."""

from __future__ import annotations

from pathlib import Path

import click

from rla.cli.common import (
    as_json_option,
    complete_task,
    counted,
    find_data_root,
    print_json,
    print_table,
    root_option,
    with_progress_bar,
)
from rla.cli.plans import by_and_when
from rla.errors import RLAError
from rla.experiment.fsck import WARNING, Finding, check_data_root_files

__all__ = ["fsck"]


@click.command()
@click.option("--task", shell_complete=complete_task, help="Check this task table only.")
@click.option(
    "--repair",
    is_flag=True,
    help="Write out what dead runs of this host left; end operations that were cut off; remove half-written files, and "
    "code that no experiment has.",
)
@root_option
@as_json_option
@click.pass_context
def fsck(context: click.Context, task: str | None, repair: bool, root: str | None, as_json: bool) -> None:
    """Check the files of a data root. The exit code is 1 when there are errors.

    A run that was killed has rows that only its journal holds. rla reads them there; --repair writes them into
    progress.csv and the other files, for all other tools. Running experiments are left alone. The code of each
    experiment is compared with the hashes that were taken when it was kept. Where `rla rm` or another operation was cut
    off, --repair lets the experiment arrive that was on its way; the others are as they were.

    \b
    Examples:
      rla fsck
      rla fsck --repair --task demo_task
      rla fsck --json
    """
    data_root = find_data_root(root)
    operations = _operations_that_were_cut_off(data_root, repair)  # first: they may have moved what is checked
    report = check_data_root_files(data_root, task, repair, with_progress_bar("Checking"))
    report.findings[:0] = operations
    if as_json:
        print_json(report.as_dict())
    else:
        rows = [
            [finding.severity, finding.experiment, finding.problem, _advice(finding)] for finding in report.findings
        ]
        if rows:
            print_table(["severity", "experiment", "problem", "what to do"], rows)
        warnings = len(report.findings) - len(report.errors)
        click.echo(f"{report.experiments} experiments checked: {len(report.errors)} errors, {warnings} warnings.")
    context.exit(1 if report.errors else 0)


def _operations_that_were_cut_off(data_root: Path, repair: bool) -> list[Finding]:
    from rla.batch.recovery import is_at_work, recover, unfinished

    found = [operation for operation in unfinished(data_root) if not is_at_work(operation)]
    problems = {each.id: f"the {each.kind} of {by_and_when(each)} was cut off" for each in found}
    advice = dict.fromkeys(problems, "run with --repair: what is on its way arrives, the others stay as they are")
    done: set[str] = set()
    if repair and found:
        try:
            for each in recover(data_root):
                done.add(each.id)
                moved = counted(len(each.entries), "experiment")
                advice[each.id] = f"it ended after {moved}" + ("; `rla undo` takes them back" if each.entries else "")
        except (RLAError, OSError) as error:
            advice |= {number: str(error) for number in problems if number not in done}
    return [Finding("", WARNING, problem, advice[number], number in done) for number, problem in problems.items()]


def _advice(finding: Finding) -> str:
    return f"repaired: {finding.advice.replace('run with --repair', 'removed')}" if finding.repaired else finding.advice
