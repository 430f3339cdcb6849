import ast
import pickle
from pathlib import Path

import pytest

import embedlab
from embedlab.core.errors import (
    Choice,
    ConflictError,
    EmbedLabError,
    InputError,
    NotFoundError,
    StorageError,
    UnsureError,
    shorten,
)


def test_the_message_says_what_the_value_and_the_remedy():
    error = InputError("A key is empty.", received="x", remedy="Name it.")
    assert str(error) == "A key is empty. Received: x. Name it."
    assert (error.what, error.received, error.remedy) == ("A key is empty.", "x", "Name it.")


def test_nothing_received_is_not_the_same_as_none_received():
    assert InputError("Wrong.").received is None
    assert InputError("Wrong.", received=None).received == "None"


@pytest.mark.parametrize(
    ("kind", "code"), [(InputError, 2), (NotFoundError, 2), (ConflictError, 2), (StorageError, 1), (EmbedLabError, 1)]
)
def test_what_the_user_can_cause_ends_with_code_2(kind, code):
    assert kind("x").exit_code == code


@pytest.mark.parametrize("options", [{}, {"received": "a\nb"}, {"received": 3, "remedy": "Try."}])
def test_errors_cross_process_borders(options):
    error = NotFoundError("Missing.", **options)
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is NotFoundError
    assert str(copy) == str(error)


def test_received_values_are_short_and_printable():
    assert shorten("x" * 10_000) == "x" * 199 + "…"
    assert shorten("x" * 200) == "x" * 200
    assert shorten("a\n\u202eb") == "a��b"
    assert shorten("king\tqueen") == "king queen"
    assert shorten(("a", 1)) == "('a', 1)"


def test_a_received_sentence_ends_once():
    assert str(InputError("Wrong.", received="It is cut short.", remedy="Mend it.")).count("..") == 0


def test_no_error_contains_markdown_code():
    """The terminal shows errors as they are, and pages escape them: backticks would stay visible."""
    with_backtick = []
    for path in Path(embedlab.__file__).parent.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        if "Error(" not in source or "`" not in source:
            continue
        for call in ast.walk(ast.parse(source)):
            if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("Error"):
                texts = [each.value for each in ast.walk(call) if isinstance(each, ast.Constant)]
                with_backtick += [(path.name, text) for text in texts if "`" in str(text)]
    assert with_backtick == []


def test_an_unsure_error_names_each_choice_with_its_sample_and_survives_a_process():
    choices = [Choice("--keys named", "the key", "3, 10", {"keys": "named"}), Choice("--keys numbered", "rows", "0, 1")]
    error = UnsureError("Not clear.", choices=choices)
    assert error.exit_code == 2
    assert error.remedy == "Choose one: --keys named (the key: 3, 10); --keys numbered (rows: 0, 1)."
    again = pickle.loads(pickle.dumps(error))
    assert (again.what, again.remedy, again.choices) == (error.what, error.remedy, error.choices)
    # As the report of a job makes it again.
    assert UnsureError(error.what, remedy=error.remedy).remedy == error.remedy
