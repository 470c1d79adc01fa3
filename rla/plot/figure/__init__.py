"""Drawing of what `rla.plot` has computed: on axes of the user, or in figures of its own.

Its files are imported on first use, by `draw` and `save`: whoever wants numbers alone does not load matplotlib.
"""
