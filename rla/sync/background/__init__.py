"""A process beside a training sends its records."""
