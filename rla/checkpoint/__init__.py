"""Checkpoints: the files in an experiment's `checkpoint/` folder."""
