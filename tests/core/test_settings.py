from pathlib import Path

import pytest

from embedlab.core.errors import InputError
from embedlab.core.settings import Settings, load_settings


def test_defaults_need_no_environment():
    settings = load_settings({})
    assert settings.home.is_absolute()
    assert settings.slots >= 1
    assert settings.local_paths is False
    assert settings.database_url == ""


def test_values_are_read_and_converted(tmp_path: Path):
    settings = load_settings(
        {"EMBEDLAB_HOME": str(tmp_path), "EMBEDLAB_SLOTS": "3", "EMBEDLAB_LOCAL_PATHS": "true", "EMBEDLAB_ODD": "x"}
    )
    assert (settings.home, settings.slots, settings.local_paths) == (tmp_path, 3, True)


def test_the_home_folder_is_expanded_and_absolute(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", "/somewhere")
    assert load_settings({"EMBEDLAB_HOME": "~/lab"}).home == Path("/somewhere/lab")
    assert load_settings({"EMBEDLAB_HOME": "lab"}).home == Path.cwd() / "lab"


def test_an_empty_variable_is_no_variable():
    assert load_settings({"EMBEDLAB_SLOTS": ""}).slots == Settings().slots


def test_another_database_is_used_as_given():
    assert load_settings({"EMBEDLAB_DATABASE_URL": "postgresql://db/x"}).database_url == "postgresql://db/x"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLOTS", "0"),
        ("SLOTS", "many"),
        ("MAX_UNPACKED_MB", "-1"),
        ("STALLED_AFTER_S", "-1"),
        ("MAX_SNAPSHOTS_MB", "-1"),
    ],
)
def test_a_bad_value_names_the_variable(name: str, value: str):
    with pytest.raises(InputError, match=f"EMBEDLAB_{name}") as caught:
        load_settings({f"EMBEDLAB_{name}": value})
    assert caught.value.received == value
