"""The specification's own tests: its machinery, its inputs, and what it catches."""
