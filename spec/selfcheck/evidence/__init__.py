"""Tests of `spec.harness.evidence`."""
