"""Batch operations on experiments: delete, archive, migrate, and taking each back.

Each is planned first, and a plan can be shown: ``plan_deletion(choose(…))``. Then ``apply(plan)`` acts, with a record
on the disk from before its first step, so that whatever interrupts it can be put in order.
"""

from rla.batch.applying import apply
from rla.batch.archive import plan_archive
from rla.batch.deletion import plan_deletion
from rla.batch.migration import plan_migration
from rla.batch.plan import Outcome, Plan
from rla.batch.recovery import recover
from rla.batch.selection import choose
from rla.batch.trash import empty_trash, trash_of
from rla.batch.undo import plan_undo

__all__ = [
    "Outcome",
    "Plan",
    "apply",
    "choose",
    "empty_trash",
    "plan_archive",
    "plan_deletion",
    "plan_migration",
    "plan_undo",
    "recover",
    "trash_of",
]
