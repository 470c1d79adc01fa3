"""Outputs: how a row travels from `dump_tabular` to the files of a run.

    Logger ── journal (survives kill -9) ── Writer (a thread) ── progress.csv, TensorBoard events, log.txt, …

To add an output, write a class after `base.Output` and name it in `registry.OUTPUTS`.
"""
