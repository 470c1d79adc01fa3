"""Curves, estimates and comparisons of runs, in numpy; `docs/statistics.md` says what is computed, and why.

Nothing here reads or draws: arrays go in, arrays come out.
"""
