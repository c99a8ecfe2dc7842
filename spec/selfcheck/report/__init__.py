"""Tests of `spec.harness.report`."""
