"""Tests of `spec.harness.sandbox`."""
