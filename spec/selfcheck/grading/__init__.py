"""Tests of `spec.harness.grading`."""
