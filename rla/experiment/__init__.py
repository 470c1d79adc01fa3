"""Experiments: the manager that makes them, their life from start to end, and the questions asked of them later."""
