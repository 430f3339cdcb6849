from __future__ import annotations

import subprocess
import sys

import numba
import numpy as np

from embedlab.core import compiled
from embedlab.models.glove.kernels import train_records


def test_machine_code_is_kept_for_the_next_process():
    assert train_records._cache.cache_path


def test_without_a_folder_for_machine_code_it_is_compiled_all_the_same(monkeypatch):
    original = numba.njit

    def no_folder(*given, cache=False, **options):
        # Compiling begins with decorations of its own.
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return original(*given, **options)

    monkeypatch.setattr(compiled.numba, "njit", no_folder)

    def divided(values):
        return values[0] / values[1]

    assert np.isinf(compiled.compiled(divided)(np.array([1.0, 0.0])))


def test_a_read_only_package_trains(tmp_path):
    """Neither beside the package nor in the user's folder."""
    script = """
import numpy as np
from numba.core import caching
caching.CacheImpl._locator_classes = []
from embedlab.models.glove.kernels import train_records
from embedlab.models.glove.records import RECORD
tables = [np.ones((2, 3), np.float32) for _ in range(4)]
print(train_records(np.zeros(1, RECORD), *tables, 0.05, 0.0, 0.75))
"""
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    # Two ones times ones, two biases of one: the error is 4, and 0 is a logarithm of full weight.
    assert float(done.stdout) == 16.0
