"""Expanders have keys: the browser then remembers which are open, whatever is drawn above them or in their titles."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_expander_has_a_key() -> None:
    without, n_expanders = [], 0
    for path in [*(ROOT / "embedlab" / "ui").rglob("*.py"), *(ROOT / "pages").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "expander":
                n_expanders += 1
                if not any(keyword.arg == "key" for keyword in node.keywords):
                    without.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert n_expanders > 10
    assert without == []
