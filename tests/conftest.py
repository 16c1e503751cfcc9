"""Fixtures that several test files share."""

pytest_plugins = ("fake_hub",)
