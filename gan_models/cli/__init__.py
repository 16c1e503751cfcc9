"""The command line's own parts: what `--out` means, and work on many files."""
