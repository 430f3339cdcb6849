"""The list of pages, in workflow order."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

FOLDER = Path(__file__).resolve().parents[3] / "pages"


@dataclass(frozen=True)
class PageSpec:
    """One page: name (its file and URL), title, icon, and purpose in one line."""

    name: str
    title: str
    icon: str
    purpose: str
    #: Whether the frame omits the heading to save space for the map.
    compact: bool = False

    @property
    def file(self) -> Path:
        """Path of the page's script."""
        return FOLDER / f"{self.name}.py"

    @property
    def url_path(self) -> str:
        """URL path of the page."""
        return self.name


PAGES = (
    PageSpec("start", "Start", ":material/home:", "From your data to a map, in your browser."),
    PageSpec("data", "Data", ":material/database:", "Upload your data, and see what is in it."),
    PageSpec("train", "Train", ":material/model_training:", "Choose a model, see the estimate, and watch it learn."),
    PageSpec("runs", "Runs", ":material/list_alt:", "All runs, with their scores and embeddings."),
    PageSpec("map", "Map", ":material/scatter_plot:", "Nearby points are similar.", compact=True),
    PageSpec("ask", "Ask", ":material/forum:", "Query an embedding by cosine similarity."),
    PageSpec(
        "recommend",
        "Recommend",
        ":material/recommend:",
        "Items for a user or for you, with reasons, and similar items.",
    ),
    PageSpec("basics", "Basics", ":material/school:", "What an embedding is, using your own data."),
    PageSpec("workspace", "Workspace", ":material/folder_managed:", "Storage, deletion and backups."),
)
DEFAULT = PAGES[0]


def spec(name: str) -> PageSpec:
    """Return the page called `name`; raises `KeyError` for a name that is not in `PAGES`."""
    return {page.name: page for page in PAGES}[name]


def st_page(page: PageSpec) -> st.Page:
    """Return the page as a Streamlit page, also for `st.switch_page` and `st.page_link`.

    Without its icon, since the browser would load that as a favicon from an external server.
    """
    return st.Page(page.file, title=page.title, url_path=page.url_path, default=page.name == DEFAULT.name)


def present() -> list[PageSpec]:
    """Return the pages whose scripts exist, so that a missing one does not break the others."""
    return [page for page in PAGES if page.file.is_file()]
