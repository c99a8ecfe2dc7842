"""Hands over to the harness."""

pytest_plugins = ("spec.harness.plugin",)
