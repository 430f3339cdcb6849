"""Our JavaScript modules: every name that one imports from another is exported there."""

from __future__ import annotations

import re
from pathlib import Path

STATIC = Path(__file__).resolve().parents[2] / "embedlab" / "ui" / "static"
_IMPORT = re.compile(r'import \{([^}]*)\} from "(\.[^"]+)"')
_EXPORT = re.compile(r"export (?:async )?(?:const|function|class|let) (\w+)")
_EXPORT_LIST = re.compile(r"export \{([^}]*)\}")


def test_imported_names_are_exported() -> None:
    missing, n_names = [], 0
    for path in STATIC.rglob("*.js"):
        for names, source in _IMPORT.findall(path.read_text(encoding="utf-8")):
            target = (path.parent / source).read_text(encoding="utf-8")
            exported = set(_EXPORT.findall(target))
            for group in _EXPORT_LIST.findall(target):
                exported |= {name.split(" as ")[-1].strip() for name in group.split(",")}
            for name in filter(None, (name.split(" as ")[0].strip() for name in names.split(","))):
                n_names += 1
                if name not in exported:
                    missing.append(f"{path.name}: {name} of {source}")
    assert n_names > 20
    assert missing == []
