"""Tests of `spec.harness.implementation`."""
