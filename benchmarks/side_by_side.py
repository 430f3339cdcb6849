"""Fair comparison of two workloads on a noisy machine: alternating runs, compared as ratios pair by pair."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Callable
from pathlib import Path

DATA = Path(os.environ.get("EMBEDLAB_TEST_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def machine() -> str:
    """Return one line about the machine that the figures come from."""
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def compare(ours: Callable[[], float], peer: Callable[[], float], pairs: int) -> tuple[list[float], list[float]]:
    """Run both alternately; each returns its rate (higher is better)."""
    our_rates, peer_rates = [], []
    for number in range(pairs):
        # The order alternates, so that a machine that slows down favors neither.
        first, second = (ours, peer) if number % 2 == 0 else (peer, ours)
        rates = {first: first(), second: second()}
        our_rates.append(rates[ours])
        peer_rates.append(rates[peer])
        print(f"pair {number + 1}: ours {rates[ours]:,.0f}/s, peer {rates[peer]:,.0f}/s", flush=True)
    return our_rates, peer_rates


def report(title: str, our_rates: list[float], peer_rates: list[float]) -> None:
    """Print the medians, and the ratio computed pair by pair."""
    ratios = [ours / peer for ours, peer in zip(our_rates, peer_rates, strict=True)]
    print(
        f"{title}: ours {statistics.median(our_rates):,.0f}/s, peer {statistics.median(peer_rates):,.0f}/s, "
        f"ratio median {statistics.median(ratios):.3f} (min {min(ratios):.3f}, max {max(ratios):.3f}); {machine()}"
    )
