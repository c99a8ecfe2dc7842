"""Tests of `spec.harness.claims`."""
