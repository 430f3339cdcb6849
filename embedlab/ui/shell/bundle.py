"""All JavaScript modules of the app in one file: a page needs sixty, and a request takes longer than its content.

There is no build step: the server joins the modules when they are first requested. Each becomes a function that returns
its exports and runs when it is first loaded, so modules have no names in common and keep their order. The modules are
also served one by one, for tests and for reading.

The modules must use the forms of import and export that :func:`bundled` knows, and must not import in a circle.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from functools import cache

from embedlab.ui.shell.urls import static_files, static_url

#: Name of the file in the URL, beside the modules.
NAME = "all.js"
#: Attribute of a script element: the module that it loads at once.
LOAD_ATTRIBUTE = "data-embedlab-load"

_IMPORT = re.compile(r'^import \{([^}]*)\} from "([^"]+)";', re.MULTILINE)
_SIDE_EFFECT = re.compile(r'^import "([^"]+)";', re.MULTILINE)
_EXPORT_FROM = re.compile(r'^export \{([^}]*)\} from "([^"]+)";', re.MULTILINE)
_DEFAULT = re.compile(r"^export default function (\w+)", re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?function|class|const) (\w+)", re.MULTILINE)
_LEFT = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)

_HEAD = """\
const modules = {};
const loaded = {};
// The exports of a module, by its name.
export const load = (name) => (loaded[name] ??= modules[name]());
"""
_TAIL = f"""\
const early = document.querySelector("script[{LOAD_ATTRIBUTE}]");
if (early) load(early.getAttribute("{LOAD_ATTRIBUTE}"));
"""


def bundled(sources: Mapping[str, str]) -> str:
    """Return one module that contains all others.

    Parameters
    ----------
    sources
        The text of each module by its name, such as `map/map.js`.

    Raises
    ------
    ValueError
        A module imports or exports in a form that is not known here.
    """
    return "".join([_HEAD, *(_function(name, source) for name, source in sources.items()), _TAIL])


def _function(name: str, source: str) -> str:
    """Return the statement that defines the function of a module."""
    exported: dict[str, str] = {}

    def target(path: str) -> str:
        return posixpath.normpath(posixpath.join(posixpath.dirname(name), path))

    def imported(match: re.Match[str]) -> str:
        names = ", ".join(each.strip().replace(" as ", ": ") for each in match[1].split(",") if each.strip())
        return f'const {{ {names} }} = load("{target(match[2])}");'

    def export_from(match: re.Match[str]) -> str:
        for each in filter(None, (each.strip() for each in match[1].split(","))):
            original, _, alias = each.partition(" as ")
            exported[alias or original] = f'load("{target(match[2])}").{original}'
        return ""

    def default(match: re.Match[str]) -> str:
        exported["default"] = match[1]
        return f"function {match[1]}"

    def export(match: re.Match[str]) -> str:
        exported[match[2]] = match[2]
        return f"{match[1]} {match[2]}"

    text = _IMPORT.sub(imported, source)
    text = _SIDE_EFFECT.sub(lambda match: f'load("{target(match[1])}");', text)
    text = _EXPORT_FROM.sub(export_from, text)
    text = _EXPORT.sub(export, _DEFAULT.sub(default, text))
    # Style sheets are next to the module, not next to this file.
    text = text.replace("import.meta.url", f'new URL("{name}", import.meta.url)')
    if left := _LEFT.search(text):
        raise ValueError(f"{name}: this form of import or export is not known: {left[0]}")
    exports = ", ".join(f"{public}: {local}" for public, local in exported.items())
    return f'modules["{name}"] = () => {{\n{text}\nreturn {{ {exports} }};\n}};\n'


@cache
def bundle() -> bytes:
    """Return the bundle of all modules in `static/`."""
    sources = {name: path.read_text(encoding="utf-8") for name, path in static_files().items() if name.endswith(".js")}
    return bundled(sources).encode()


def bundle_url() -> str:
    """Return the URL of the bundle."""
    return static_url(NAME)


def component_script(name: str) -> str:
    """Return the script of a Streamlit component that is a module of ours with a default export.

    A script is sent again on every rerun, so it only loads the real one. Streamlit treats a string without an inner
    line break as a file name.
    """
    return (
        f'const {{ load }} = await import(new URL("{bundle_url()}", window.location.origin).href);\n'
        f'export default load("{name}").default;\n'
    )
