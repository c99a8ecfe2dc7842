"""Tests of `spec.harness.validation`."""
