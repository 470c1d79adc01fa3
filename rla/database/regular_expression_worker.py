"""The program that searches a regular expression in texts; `rla.database.regular_expressions` runs and ends it.

It stands alone: nothing of rla is imported, so it starts in a fiftieth of a second. It reads a marshalled triple from
its standard input (the regular expression, the texts, the bytes of memory it may have), and answers with one byte for
each text: 1 where it was found.
"""

import contextlib
import marshal
import re
import sys


def _search() -> None:
    pattern, texts, memory = marshal.load(sys.stdin.buffer)
    with contextlib.suppress(ImportError, OSError, ValueError):  # a system without such limits
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    search = re.compile(pattern).search
    sys.stdout.buffer.write(bytes([search(text) is not None for text in texts]))


if __name__ == "__main__":
    _search()
