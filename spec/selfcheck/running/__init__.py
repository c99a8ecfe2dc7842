"""Tests of `spec.harness.running`."""
