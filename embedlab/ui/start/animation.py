"""Animation on the Start page: words move from random places into groups. Inline HTML and CSS only."""

from __future__ import annotations

import streamlit as st

_WIDTH = 560
# Word, start and end position as (x, y), and group.
_WORDS = (
    ("king", (450, 44), (96, 52), 0),
    ("queen", (60, 160), (150, 74), 0),
    ("prince", (300, 172), (88, 92), 0),
    ("Paris", (40, 40), (448, 48), 1),
    ("Rome", (262, 96), (480, 74), 1),
    ("Oslo", (150, 120), (436, 88), 1),
    ("happy", (450, 160), (262, 144), 2),
    ("glad", (380, 76), (316, 164), 2),
    ("merry", (190, 30), (232, 172), 2),
)
_COLORS = ("#2b7fc0", "#d98200", "#1a9c78")
_STYLE = """
.drift { container-type: inline-size; width: 100%; max-width: 600px; margin: 0 auto; }
.drift > div { position: relative; aspect-ratio: 560 / 210; overflow: hidden; border-radius: .6rem;
  background: color-mix(in srgb, currentColor 4%, transparent); }
.drift span { position: absolute; left: 0; top: 0; display: flex; align-items: center; gap: .4em; white-space: nowrap;
  font-family: inherit; font-weight: 600; font-size: clamp(9px, 2.6cqw, 15px); line-height: 1.3; color: inherit;
  animation: 11s cubic-bezier(.45, 0, .2, 1) infinite alternate both; }
.drift span::before { content: ""; width: .78em; height: .78em; border-radius: 50%; background: var(--group); }
@media (prefers-reduced-motion: reduce) {
  .drift span { animation-play-state: paused; animation-delay: -10.9s; animation-iteration-count: 1; }
}
"""


def markup() -> str:
    """Return the animation as HTML with CSS. No SVG, because `st.html` removes it."""
    frames, marks = [], []
    for place, (word, start, end, group) in enumerate(_WORDS):
        frames.append(
            f"@keyframes drift{place} {{ 0%, 12% {{ transform: {_at(start)}; }} "
            f"70%, 100% {{ transform: {_at(end)}; }} }}"
            f".drift .w{place} {{ animation-name: drift{place}; --group: {_COLORS[group]}; }}"
        )
        marks.append(f'<span class="w{place}">{word}</span>')
    return (
        f"<style>{_STYLE}{''.join(frames)}</style>"
        '<div class="drift" role="img" aria-label="Similar words move together: king, queen and prince; '
        f'Paris, Rome and Oslo; happy, glad and merry."><div aria-hidden="true">{"".join(marks)}</div></div>'
    )


def _at(point: tuple[int, int]) -> str:
    # Relative to the width, so that the animation keeps its shape at any size.
    return f"translate({point[0] / _WIDTH * 100:.1f}cqw, {point[1] / _WIDTH * 100:.1f}cqw)"


def draw() -> None:
    """Draw the animation."""
    st.html(markup())
