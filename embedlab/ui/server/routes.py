"""The app's own HTTP routes. All share one guard, so that logins can be added in one place."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from functools import cache, wraps
from pathlib import Path
from typing import Any

import plotly
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from embedlab.core.counts import LARGEST_MIN_COUNT
from embedlab.core.errors import EmbedLabError, InputError, NotFoundError, StorageError, TooLargeError
from embedlab.exploration.selections.table import MOST_ROWS_PER_PAGE, table_page
from embedlab.ui.export.files import find_export_file
from embedlab.ui.map import data as map_data
from embedlab.ui.map import early, isolated, linked_keys, live_layout, pictures, unknown_words
from embedlab.ui.map.film import data as film_data
from embedlab.ui.map.linked import data as linked_data
from embedlab.ui.map.outside.page_file import page_file
from embedlab.ui.map.outside.seen import LARGEST_BYTES as LARGEST_MAP_BYTES
from embedlab.ui.map.selecting.state import published
from embedlab.ui.map.selecting.table import table_data
from embedlab.ui.map.trust import compared, trust_columns
from embedlab.ui.server import health
from embedlab.ui.server.access import SCOPE_KEY
from embedlab.ui.server.hosts import is_followed_link, is_of_own_page
from embedlab.ui.server.own_routes import HEALTH
from embedlab.ui.shell import bundle, resources, streamlit_files
from embedlab.ui.shell.urls import MEDIA_TYPES, base_path, static_files, static_version
from embedlab.workspace.catalog import is_id
from embedlab.workspace.highlight.store import highlight

IMMUTABLE = "public, max-age=31536000, immutable"
_LONGEST_QUERY = 200
#: Longer text parameters are truncated to this length before any other check.
_LONGEST_TEXT = 2000
_MOST_NEIGHBORS = 100
_log = logging.getLogger("embedlab.ui")

Handler = Callable[[Request], Response]


def authorized(request: Request) -> bool:
    """Return whether the request is authorized; the single place where logins would be checked.

    The middleware checks hosts, origins and the access token before any route. This also refuses requests by pages of
    other sites, but not links that a user follows there.
    """
    return is_of_own_page(request.headers) or is_followed_link(request.headers)


def guarded(handler: Handler) -> Handler:
    """Wrap a route with the guard, and turn EmbedLab errors into JSON responses."""

    @wraps(handler)
    def respond(request: Request) -> Response:
        if not authorized(request):
            return JSONResponse({"what": "Not allowed."}, status_code=403)
        try:
            return handler(request)
        except EmbedLabError as error:
            body = {"what": error.what, "received": error.received, "remedy": error.remedy}
            return JSONResponse(body, status_code=_status(error), headers={"cache-control": "no-store"})
        except Exception:
            _log.exception("route %s", request.url.path)
            return JSONResponse({"what": "Something went wrong inside EmbedLab."}, status_code=500)

    return respond


def with_body(handler: Callable[[Request, bytes], Response], largest: int) -> Callable[[Request], Awaitable[Response]]:
    """Wrap a route that gets the content of a request, of at most `largest` bytes, with the guard."""

    async def respond(request: Request) -> Response:
        body = bytearray()
        # Nothing is read from those who may not ask.
        if authorized(request):
            async for part in request.stream():
                body += part
                if len(body) > largest:
                    break

        def answer(asked: Request) -> Response:
            if len(body) > largest:
                raise TooLargeError(
                    f"The content can have at most {largest // 1_000_000} MB.", received=f"more than {largest:,} bytes"
                )
            return handler(asked, bytes(body))

        return await run_in_threadpool(guarded(answer), request)

    return respond


def _status(error: EmbedLabError) -> int:
    statuses: tuple[tuple[type[EmbedLabError], int], ...] = (
        (NotFoundError, 404),
        (TooLargeError, 413),
        (InputError, 400),
    )
    return next((status for kind, status in statuses if isinstance(error, kind)), 500)


# Static files


def _cache_control(request: Request, current: str) -> dict[str, str]:
    # A page older than the server requests an old version: it gets the file, but must not cache it.
    return {"cache-control": IMMUTABLE if request.path_params["version"] == current else "no-cache"}


def _static(request: Request) -> Response:
    name = request.path_params["name"]
    headers = _cache_control(request, static_version()) | _compression(request)
    if name == bundle.NAME:
        return Response(bundle.bundle(), media_type=MEDIA_TYPES[".js"], headers=headers)
    path = static_files().get(name)
    if path is None:
        raise NotFoundError("There is no such file.")
    return Response(path.read_bytes(), media_type=MEDIA_TYPES[path.suffix], headers=headers)


def _plotly(request: Request) -> Response:
    headers = _cache_control(request, plotly.__version__) | _compression(request)
    return Response(_plotly_bytes(), media_type="text/javascript", headers=headers)


def _compression(request: Request) -> dict[str, str]:
    # On the same machine, compressing megabytes takes longer than sending them.
    is_local = request.client is not None and request.client.host in {"127.0.0.1", "::1"}
    return {"content-encoding": "identity"} if is_local else {}


@cache
def _plotly_bytes() -> bytes:
    # From memory in one piece: a file response would send a hundred chunks, each through a thread.
    return (Path(plotly.__file__).parent / "package_data" / "plotly.min.js").read_bytes()


def _map_page(request: Request) -> Response:
    """Return Streamlit's page with the map's modules and points loading from the start."""
    html = streamlit_files.index_html().replace("<head>", f"<head>{streamlit_files.address_script()}", 1)
    html = html.replace("</head>", f"{early.links(request.query_params)}</head>", 1)
    return HTMLResponse(html, headers={"cache-control": "no-cache"})


# Map data


def _binary(content: bytes, *, is_immutable: bool = True) -> Response:
    # Floats barely compress: without this header Streamlit's gzip takes 20 times as long to save a tenth.
    caching = IMMUTABLE.replace("public", "private") if is_immutable else "no-store"
    headers = {"cache-control": caching, "content-encoding": "identity"}
    return Response(content, media_type="application/octet-stream", headers=headers)


def _id(request: Request, name: str = "id") -> str:
    text: str = request.path_params[name]
    if not is_id(text):
        raise NotFoundError("There is no such id.", received=text)
    return text


def _points(request: Request) -> Response:
    return _binary(map_data.points_bytes(resources.workspace().coordinates(_id(request))))


def _labels(request: Request) -> Response:
    embedding = isolated.load_points(_id(request))
    headers = {"cache-control": IMMUTABLE.replace("public", "private")} | _compression(request)
    return Response(map_data.labels_bytes(embedding.labels), media_type="text/plain; charset=utf-8", headers=headers)


def _column(request: Request) -> Response:
    name = request.path_params["name"]
    if (trust := trust_columns.column(_id(request), name)) is not None:
        # The stability changes if more seeds are compared.
        return _binary(map_data.column_bytes(trust), is_immutable=name != trust_columns.STABILITY)
    return _binary(isolated.load_column(_id(request), name).as_bytes())


def _pictures(request: Request) -> Response:
    return _png(pictures.sheet(_id(request), request.path_params["digest"], _path_number(request)))


def _picture(request: Request) -> Response:
    return _png(pictures.picture(_id(request), request.path_params["digest"], _path_number(request)))


def _png(content: bytes) -> Response:
    headers = {"cache-control": IMMUTABLE.replace("public", "private"), "content-encoding": "identity"}
    return Response(content, media_type="image/png", headers=headers)


def _path_number(request: Request) -> int:
    text: str = request.path_params["number"]
    if not (text.isascii() and text.isdecimal() and len(text) <= 10):
        raise NotFoundError("There is no such picture.", received=text)
    return int(text)


def _number(request: Request, name: str, default: int | None, least: int, most: int) -> int:
    text = request.query_params.get(name)
    if text is None and default is not None:
        return default
    if text is None or not (text.isascii() and text.isdecimal() and len(text) <= 10 and least <= int(text) <= most):
        raise InputError(f"{name} must be a whole number from {least} to {most}.", received=text or "")
    return int(text)


def _text(request: Request, name: str) -> str:
    return request.query_params.get(name, "")[:_LONGEST_TEXT]


def _neighbors(request: Request) -> Response:
    embedding = isolated.load_points(_id(request))
    index = _number(request, "index", None, 0, embedding.n_keys - 1)
    topn = _number(request, "topn", 10, 1, _MOST_NEIGHBORS)
    least = _number(request, "min_count", 0, 0, LARGEST_MIN_COUNT)
    rows = map_data.neighbor_rows(embedding, index, topn, least)
    linked = linked_keys.linked_rows(_id(request), embedding, index)
    return _json({"index": index, "neighbors": rows, **({"linked": linked} if linked else {})})


def _compared(request: Request) -> Response:
    projection = resources.workspace().projection(_id(request))
    embedding = isolated.load_points(isolated.source_of(projection))
    index = _number(request, "index", None, 0, embedding.n_keys - 1)
    least = _number(request, "min_count", 0, 0, LARGEST_MIN_COUNT)
    return _json(compared.for_browser(index, compared.compared(projection.id, index, least)))


def _search(request: Request) -> Response:
    embedding = isolated.load_points(_id(request))
    text = _text(request, "q")[:_LONGEST_QUERY]
    row = isolated.embedding_row(_id(request))
    word = unknown_words.placeable(row, embedding, text)
    return _json({"found": map_data.search_rows(embedding, text, 8), "place": word})


def _place(request: Request) -> Response:
    topn = _number(request, "topn", 10, 1, _MOST_NEIGHBORS)
    least = _number(request, "min_count", 0, 0, LARGEST_MIN_COUNT)
    result = unknown_words.place_word(_id(request), _text(request, "word"), topn, least)
    embedding = isolated.load_points(isolated.source_of(resources.workspace().projection(_id(request))))
    return _json(map_data.placed_row(embedding, result.word, result.place, result.nearest))


# The selection and the table beside the map


def _selection(request: Request) -> Response:
    """Return one bit for each point; the id is that of the content, so the browser caches it permanently."""
    selection = published(request.path_params["digest"], isolated.load_points(_id(request)).n_keys)
    return _binary(selection.bits)


def _table(request: Request) -> Response:
    projection = resources.workspace().projection(_id(request))
    embedding = isolated.load_points(isolated.source_of(projection))
    digest = _text(request, "selected")
    selection = published(digest, embedding.n_keys) if digest else None
    around = _text(request, "around")
    page = table_page(
        embedding,
        resources.workspace().coordinates(projection.id),
        selection.mask if selection is not None and _text(request, "only") else None,
        text=_text(request, "q")[:_LONGEST_QUERY],
        sort=_text(request, "sort"),
        descending=_text(request, "descending") == "1",
        first=_number(request, "first", 0, 0, embedding.n_keys),
        n=_number(request, "n", 50, 1, MOST_ROWS_PER_PAGE),
        around=_number(request, "around", None, 0, embedding.n_keys - 1) if around else None,
    )
    return _json(table_data(page, selection))


# Downloads and programs


def _map_file(request: Request, body: bytes) -> Response:
    content = page_file(_id(request), body)
    # Only ever a download: its scripts must not run on our origin.
    headers = {"cache-control": "no-store", "content-disposition": "attachment"}
    return Response(content, media_type="text/html; charset=utf-8", headers=headers)


def _highlight(request: Request) -> Response:
    return _json({"id": highlight(resources.workspace(), isolated.embedding_row(_id(request)).id).id})


# Two linked maps


def _pair(request: Request) -> linked_data.MapPair:
    return linked_data.open_pair(_id(request), _id(request, "other"))


def _side(request: Request) -> int:
    side: str = request.path_params["side"]
    if side not in {"0", "1"}:
        raise NotFoundError("There is no such side.", received=side)
    return int(side)


def _pair_points(request: Request) -> Response:
    return _uncached(map_data.points_bytes(linked_data.second_points(_pair(request))))


def _pair_rows(request: Request) -> Response:
    return _uncached(linked_data.rows_bytes(_pair(request)))


def _pair_overlap(request: Request) -> Response:
    return _uncached(linked_data.overlap_bytes(_pair(request), _side(request)))


def _pair_column(request: Request) -> Response:
    column = linked_data.color_column(_pair(request), _side(request), request.path_params["name"])
    return _uncached(column.as_bytes())


def _pair_neighbors(request: Request) -> Response:
    pair, side = _pair(request), _side(request)
    index = _number(request, "index", None, 0, 10**9)
    topn = _number(request, "topn", 10, 1, _MOST_NEIGHBORS)
    return _json({"index": index, "neighbors": linked_data.neighbor_rows(pair, side, index, topn)})


# Films of running and finished trainings, and layouts of maps that are being computed


def _film(request: Request) -> Response:
    return _json(film_data.about(_id(request)))


def _film_names(request: Request) -> Response:
    return _json(film_data.names(_id(request)))


def _film_frames(request: Request) -> Response:
    since = _number(request, "since", 0, 0, film_data.MOST_FRAMES)
    return _uncached(film_data.frames_bytes(_id(request), since))


def _uncached(content: bytes) -> Response:
    headers = {"cache-control": "no-store", "content-encoding": "identity"}
    return Response(content, media_type="application/octet-stream", headers=headers)


def _layout_frame(request: Request) -> Response:
    since = _number(request, "since", 0, 0, 2**31)
    return _live(live_layout.newest_frame(_id(request), since))


def _layout_rows(request: Request) -> Response:
    return _live(live_layout.rows(_id(request)))


def _live(content: bytes | None) -> Response:
    headers = {"cache-control": "no-store", "content-encoding": "identity"}
    if content is None:
        return Response(status_code=204, headers={"cache-control": "no-store"})
    return Response(content, media_type="application/octet-stream", headers=headers)


def _export(request: Request) -> Response:
    file = find_export_file(resources.workspace(), _id(request))
    headers = {"cache-control": "private, no-store", "content-encoding": "identity"}
    return FileResponse(file.path, media_type="application/octet-stream", filename=file.path.name, headers=headers)


def _json(value: Any) -> Response:
    try:
        content = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError as error:
        # Embeddings are validated on import, so NaN means that the file is damaged.
        raise StorageError(
            "The stored vectors are damaged: they contain NaN or infinity.",
            remedy="Restore them from a backup, or train or import the embedding again.",
        ) from error
    return Response(
        content.encode(errors="replace"), media_type="application/json", headers={"cache-control": "no-store"}
    )


def _health(request: Request) -> Response:
    status = health.check()
    if not request.scope.get(SCOPE_KEY, True):
        # Without the token, reveal only whether the server is healthy.
        status = {"ok": status["ok"]}
    return JSONResponse(status, status_code=200 if status["ok"] else 503, headers={"cache-control": "no-store"})


def routes() -> list[Route]:
    """Return all own routes, below the base path; `own_routes` must include where they are."""
    base = base_path()
    paths: dict[str, Handler] = {
        "/ui/{version}/{name:path}": _static,
        "/map": _map_page,
        "/vendor/{version}/plotly.min.js": _plotly,
        "/maps/{id}/points": _points,
        "/maps/{id}/labels": _labels,
        "/maps/{id}/column/{name:path}": _column,
        "/maps/{id}/pictures/{digest}/{number}": _pictures,
        "/maps/{id}/picture/{digest}/{number}": _picture,
        "/maps/{id}/neighbors": _neighbors,
        "/maps/{id}/compared": _compared,
        "/maps/{id}/search": _search,
        "/maps/{id}/place": _place,
        "/maps/{id}/selection/{digest}": _selection,
        "/maps/{id}/table": _table,
        "/maps/{id}/highlight": _highlight,
        "/compared/{id}/{other}/points": _pair_points,
        "/compared/{id}/{other}/rows": _pair_rows,
        "/compared/{id}/{other}/overlap/{side}": _pair_overlap,
        "/compared/{id}/{other}/column/{side}/{name:path}": _pair_column,
        "/compared/{id}/{other}/neighbors/{side}": _pair_neighbors,
        "/films/{id}": _film,
        "/films/{id}/names": _film_names,
        "/films/{id}/frames": _film_frames,
        "/layouts/{id}/frame": _layout_frame,
        "/layouts/{id}/rows": _layout_rows,
        "/exports/{id}": _export,
        HEALTH: _health,
    }
    gets = [Route(f"{base}{path}", guarded(handler), methods=["GET"]) for path, handler in paths.items()]
    return [*gets, Route(f"{base}/maps/{{id}}/page", with_body(_map_file, LARGEST_MAP_BYTES), methods=["POST"])]
