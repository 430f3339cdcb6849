"""``python -m embedlab``, and the console command `embedlab`."""

from __future__ import annotations

import sys

from embedlab.cli.app import main


def run() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(main())


if __name__ == "__main__":
    run()
