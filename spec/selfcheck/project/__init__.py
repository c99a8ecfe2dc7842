"""Tests of the README and of the page of benchmark results."""
