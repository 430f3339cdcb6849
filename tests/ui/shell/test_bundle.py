"""The bundle of our JavaScript modules, and Streamlit's files that are served from memory."""

import json
import re
import shutil
import subprocess

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from embedlab.ui.server.package_files import PackageFiles
from embedlab.ui.shell import bundle, streamlit_files
from embedlab.ui.shell.urls import static_files

SOURCES = {
    "map/colors.js": (
        'export const RED = "#f00";\nexport function name(color) {\n  return color === RED ? "red" : "?";\n}\n'
    ),
    "map/all.js": 'export { RED, name as nameOf } from "./colors.js";\n',
    "film/main.js": (
        'import "../map/all.js";\nimport { nameOf as toName, RED } from "../map/all.js";\n\n'
        'export const href = new URL("./film.css", import.meta.url).href;\n'
        "export default function run() {\n  return toName(RED);\n}\nexport async function later() {}\n"
        "export class Film {}\n"
    ),
}


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
def test_modules_of_a_bundle_export_and_import_what_they_did(tmp_path):
    path = tmp_path / "ui" / "v1" / "all.mjs"
    path.parent.mkdir(parents=True)
    path.write_text(bundle.bundled(SOURCES), encoding="utf-8")
    script = f"""globalThis.document = {{ querySelector: () => null }};
const {{ load }} = await import("{path.as_uri()}");
const main = load("film/main.js");
const {"{ default: run, href, later, Film }"} = main;
console.log(JSON.stringify([run(), href, typeof later, new Film() instanceof Film, load("film/main.js") === main,
  Object.keys(load("map/all.js"))]));"""
    done = subprocess.run(["node", "--input-type=module", "-e", script], capture_output=True, text=True, check=True)
    result, href, *rest = json.loads(done.stdout)
    assert result == "red"
    assert href.endswith("/ui/v1/film/film.css")
    assert rest == ["function", True, True, ["RED", "nameOf"]]


def test_the_bundle_has_every_module_and_no_circle():
    text = bundle.bundle().decode()
    names = [name for name in static_files() if name.endswith(".js")]
    assert all(text.count(f'modules["{name}"] = ') == 1 for name in names)
    needs = {
        part.split('"]', 1)[0]: set(re.findall(r' load\("([^"]+)"\)', part)) for part in text.split('modules["')[1:]
    }
    waiting = dict(needs)
    while ready := [name for name, needed in waiting.items() if not needed & waiting.keys()]:
        for name in ready:
            del waiting[name]
    assert not waiting
    assert set().union(*needs.values()) <= set(names)


@pytest.mark.parametrize(
    "line",
    ['import * as all from "./a.js";', "export let n = 1;", 'import all from "./a.js";', "export { x };"],
    ids=["star", "let", "default", "list"],
)
def test_a_form_of_import_that_the_bundle_does_not_know_is_refused(line):
    with pytest.raises(ValueError, match=r"map/x\.js"):
        bundle.bundled({"map/x.js": f"{line}\n"})


def test_streamlit_files_come_from_memory_and_all_else_from_streamlit():
    (script,) = {each for each in streamlit_files.element_scripts(("BidiComponent",)) if "/BidiComponent." in each}
    app = PackageFiles(Starlette(routes=[Route("/{path:path}", lambda request: PlainTextResponse("Streamlit"))]))
    client = TestClient(app)
    answer = client.get(f"/{script}")
    assert answer.content == streamlit_files.content(script.removeprefix("static/"))[0]
    assert len(answer.content) > 1000
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    for path in ("/static/none.js", "/static/../index.html", "/static/%2e%2e/index.html", "/", "/static/"):
        assert client.get(path).text == "Streamlit"


def test_scripts_of_elements_include_what_they_import_but_not_what_the_page_loads():
    scripts = streamlit_files.element_scripts(("BidiComponent", "NoSuchElement"))
    assert any("/serialization." in each for each in scripts)
    assert not any(each in streamlit_files.index_html() for each in scripts)
    assert streamlit_files.element_scripts(("NoSuchElement",)) == ()
