"""Pictures, sound and tables of a run: `recording` has the calls, the other files what they are made of."""
