"""The specification itself on trial: its comparisons on fresh seeds, and what its claims catch."""
