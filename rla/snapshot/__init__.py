"""The code of an experiment: what is kept of it, the store that keeps each body once, and differences."""
