"""Figures of scores: one number for each run, by arm and task. Each file computes a kind; `figure/` draws it."""
