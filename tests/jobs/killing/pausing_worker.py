"""A real worker that waits before its n-th write, so that a test can kill it there."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import sqlalchemy as sa

from embedlab.core.settings import load_settings
from embedlab.jobs.engine import worker
from tests.jobs.killing.kill_points import Writes


def _wait() -> None:
    Path(os.environ["EMBEDLAB_TEST_ARRIVED"]).touch()
    time.sleep(120)


if __name__ == "__main__":
    Writes(load_settings().home, int(os.environ["EMBEDLAB_TEST_PAUSES_AT"]), _wait).install(sa.Engine)
    raise SystemExit(worker.main(sys.argv[1:]))
