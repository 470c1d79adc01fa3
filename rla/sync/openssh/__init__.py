"""The programs ssh and rsync as children of ours: a login that others share, and what rsync says."""
