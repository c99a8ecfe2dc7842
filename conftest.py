"""Hands over to the harness."""

pytest_plugins = ("spec.harness.running.plugin",)
