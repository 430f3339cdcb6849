"""`python -m tests.fuzz --minutes 10 --seed 7`: import spoiled files for a while, and say which of them end badly.

`--only N` repeats one case of a seed, and `--keep FOLDER` writes the files of those that end badly there. The exit code
is 1 when there were some.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.fuzz.cases import case
from tests.fuzz.running import LONGEST_S, Finding, run


def main() -> int:
    """Run; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="how long; default 1")
    parser.add_argument("--seed", type=int, default=0, help="another seed: other files; default 0")
    parser.add_argument("--start", type=int, default=0, help="number of the first case; default 0")
    parser.add_argument("--only", type=int, help="run this case alone")
    parser.add_argument("--keep", type=Path, help="folder for the files that end badly")
    given = parser.parse_args()
    numbers = [given.only] if given.only is not None else _until(given.start, time.monotonic() + 60 * given.minutes)
    outcomes: Counter[str] = Counter()
    n_faults = 0
    for finding in run(given.seed, numbers, LONGEST_S):
        outcomes["fault" if finding.is_fault else finding.outcome.partition(".")[0]] += 1
        if finding.is_fault:
            n_faults += 1
            _tell(finding, given.keep)
        elif given.only is not None:
            sys.stdout.write(f"{finding.outcome}\n")
    for outcome, n in outcomes.most_common():
        sys.stdout.write(f"{n:7,}  {outcome[:110]}\n")
    return 1 if n_faults else 0


def _until(start: int, end: float) -> Iterator[int]:
    return itertools.takewhile(lambda _: time.monotonic() < end, itertools.count(start))


def _tell(finding: Finding, folder: Path | None) -> None:
    again = f"python -m tests.fuzz --seed {finding.seed} --only {finding.number}"
    sys.stdout.write(f"\n{finding.name} as {finding.kind} ends badly; again: {again}\n{finding.outcome}\n")
    sys.stdout.flush()
    if folder is not None:
        spoiled = case(finding.seed, finding.number)
        folder.mkdir(parents=True, exist_ok=True)
        stem = folder / f"{finding.seed}-{finding.number}-{finding.name}"
        stem.write_bytes(spoiled.content)
        if spoiled.beside is not None:
            stem.with_name(f"{stem.name}.beside").write_bytes(spoiled.beside)


if __name__ == "__main__":
    sys.exit(main())
