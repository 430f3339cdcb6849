"""Spoiled files are imported, or refused by an error of our own: a short run of the fuzzer."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import pytest

from tests.fuzz.cases import Case, case
from tests.fuzz.importing import run_case
from tests.fuzz.running import run
from tests.fuzz.seeds import Seed, seeds

_SEED = 20_240_601
#: The cases come one after the other until the time is up, so a slow machine sees fewer of them.
_LONGEST_S = 20.0
_FEWEST_CASES = 50


@pytest.mark.parametrize("seed", seeds(), ids=lambda seed: seed.name)
def test_good_files_are_imported(tmp_path: Path, seed: Seed) -> None:
    good = Case(0, 0, seed.name, seed.kind, seed.content, seed.beside)
    assert run_case(good, tmp_path, as_guessed=True) == "imported"


def test_the_same_number_is_the_same_file() -> None:
    assert [case(3, number) for number in range(30)] == [case(3, number) for number in range(30)]
    assert case(3, 1) != case(4, 1)


@pytest.mark.slow
def test_spoiled_files_are_imported_or_refused() -> None:
    end = time.monotonic() + _LONGEST_S
    numbers = itertools.takewhile(lambda number: number < _FEWEST_CASES or time.monotonic() < end, itertools.count())
    faults = [
        f"{found.name}, python -m tests.fuzz --seed {found.seed} --only {found.number}:\n{found.outcome}"
        for found in run(_SEED, numbers)
        if found.is_fault
    ]
    assert not faults, "\n\n".join(faults)
