"""Tests of `spec.harness.regression`."""
