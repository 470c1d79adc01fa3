"""The database on disk: trees, names, parameters, run cards, archives, and the search for experiments.

Everything here works on paths and plain records; it knows no manager and no logger. `docs/formats.md` describes
what the files hold.
"""
