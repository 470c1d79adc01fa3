"""The expressions that questions are asked in: ``lr < 1e-3 and env_id == 'Hopper-v4' and eval/return > 900``.

An expression is parsed to a tree (`parse`), and that is compiled to a condition of SQL (`compile_sql`); nothing of it
is ever run as code. `docs/expressions.md` is the language; this is how a value becomes a row that it can be asked for:

    a number            number, infinities too; NaN has no number and the text 'nan'
    a bool              number 1 or 0, text 'True' or 'False'
    a text              text; and number, where it reads as one (`number_in`)
    None                neither
    a list, and others  text, compact JSON
"""

from rla.database.expression.compiling import compile_sql, find_key_of
from rla.database.expression.facts import FACTS, Fact
from rla.database.expression.literals import number_in
from rla.database.expression.matching import matching_function
from rla.database.expression.parsing import parse
from rla.database.expression.tree import Expression

__all__ = ["FACTS", "Expression", "Fact", "compile_sql", "find_key_of", "matching_function", "number_in", "parse"]
