"""Benchmarks of the implementations, each beside what a user would pick instead; run with `pytest benchmarks`."""
