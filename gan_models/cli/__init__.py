"""The command line: its parser, and one function a command."""
