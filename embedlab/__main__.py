"""``python -m embedlab``: the command line."""

from __future__ import annotations

import sys

from embedlab.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
