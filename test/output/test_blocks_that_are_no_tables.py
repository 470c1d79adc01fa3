"""Where cells stand is said of tables alone: what is not rectangular, or quoted in odd places, is read by others."""

from __future__ import annotations

import pytest

from rla.output.csv_cells import find_cells


@pytest.mark.parametrize("block", [b"1,2\n3,4\n", b",\n,\n", b'"a,b",2\n3,"c\nd"\n', b'"say ""hi, you""",""\n'])
def test_a_table_has_cells(block: bytes) -> None:
    cells = find_cells(block, 2)
    assert cells is not None
    assert cells.rows == block.count(b"\n") - block.count(b"c\nd")


@pytest.mark.parametrize(
    "block",
    [
        b"1,2\n3\n",
        b"1\n2\n",
        b"1,2,3,4\n",
        b"1,2,3\n4\n",
        b"1\n2,3\n4\n5,6,\n",
        b'1,2"a,b"\n',
        b'"a"b",c\n',
        b'"a"x"b,c",2\n',
        b'1,"a\n',
    ],
)
def test_all_else_has_none(block: bytes) -> None:
    assert find_cells(block, 2) is None
