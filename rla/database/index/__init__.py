"""The index of a data root: what a query needs to know of every experiment, in one SQLite file of the reader's.

It is a cache. Files are the truth: the index can be deleted at any time, and is built again.
"""
