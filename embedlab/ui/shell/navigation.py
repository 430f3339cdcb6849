"""The pages, in the order of the way through, listed in this one place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

FOLDER = Path(__file__).resolve().parents[3] / "pages"


@dataclass(frozen=True)
class PageSpec:
    """One page: its file and address, its name, its icon, and in one line what it is for."""

    name: str
    title: str
    icon: str
    purpose: str
    #: The map wants every pixel: its frame leaves the heading out.
    compact: bool = False

    @property
    def file(self) -> Path:
        """Where the page's script lies."""
        return FOLDER / f"{self.name}.py"

    @property
    def url_path(self) -> str:
        """The page's address below the app's."""
        return self.name


PAGES = (
    PageSpec("start", "Start", ":material/home:", "From your data to a map of it, in your browser."),
    PageSpec("data", "Data", ":material/database:", "Upload text, ratings or vectors, and see what is in them."),
    PageSpec("train", "Train", ":material/model_training:", "Choose a model, see what it will cost, watch it learn."),
    PageSpec("runs", "Runs", ":material/list_alt:", "All runs, with their scores and embeddings."),
    PageSpec("map", "Map", ":material/scatter_plot:", "Nearby points are similar.", compact=True),
    PageSpec("ask", "Ask", ":material/forum:", "Ask the embedding by cosine similarity."),
    PageSpec("recommend", "Recommend", ":material/recommend:", "What a user would like, and what is like an item."),
    PageSpec("workspace", "Workspace", ":material/folder_managed:", "Storage, deletion and backups."),
)
DEFAULT = PAGES[0]


def spec(name: str) -> PageSpec:
    """Return the page called `name`; raises `KeyError` for a name that is not in `PAGES`."""
    return {page.name: page for page in PAGES}[name]


def st_page(page: PageSpec) -> st.Page:
    """Return the page as Streamlit wants it, also for `st.switch_page` and `st.page_link`.

    Without its icon: the browser would ask an outside server for it as a favicon.
    """
    return st.Page(page.file, title=page.title, url_path=page.url_path, default=page.name == DEFAULT.name)


def present() -> list[PageSpec]:
    """Return the pages whose script is there; one that is missing takes none of the others along."""
    return [page for page in PAGES if page.file.is_file()]
