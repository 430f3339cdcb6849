"""Bytes into validated datasets: one file a kind, plus what they share (sources, sniffing, delimited tables)."""
