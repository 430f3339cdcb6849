"""Fresh workspaces for tests: on SQLite always, on PostgreSQL too when EMBEDLAB_TEST_POSTGRES names a database."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from embedlab.settings import Settings
from embedlab.workspace.workspace import Workspace

POSTGRES = os.environ.get("EMBEDLAB_TEST_POSTGRES", "")


def _postgres_schema() -> Iterator[str]:
    url = sa.make_url(POSTGRES)
    url = url.set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url)
    schema = f"test_{uuid.uuid4().hex}"
    with engine.begin() as connection:
        connection.execute(sa.text(f"CREATE SCHEMA {schema}"))
    yield url.update_query_dict({"options": f"-csearch_path={schema}"}).render_as_string(hide_password=False)
    with engine.begin() as connection:
        connection.execute(sa.text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@pytest.fixture(params=["sqlite", *(["postgresql"] if POSTGRES else [])])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Address of an empty database; empty for the workspace's own SQLite."""
    if request.param == "sqlite":
        yield ""
    else:
        yield from _postgres_schema()


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """Settings of a fresh workspace with two slots."""
    return Settings(home=tmp_path / "home", database_url=database_url, slots=2, owner="ada")


@pytest.fixture
def workspace(settings: Settings) -> Iterator[Workspace]:
    """A fresh workspace of the owner `ada`."""
    opened = Workspace.open(settings)
    yield opened
    opened.close()


@pytest.fixture
def other_workspace(settings: Settings, workspace: Workspace) -> Iterator[Workspace]:
    """The same folder and database as `workspace`, as the owner `bob` sees them."""
    opened = Workspace.open(settings.model_copy(update={"owner": "bob"}))
    yield opened
    opened.close()
