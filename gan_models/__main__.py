"""`python -m gan_models`: the command line."""

from __future__ import annotations

import sys

from gan_models.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
