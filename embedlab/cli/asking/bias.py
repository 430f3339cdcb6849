"""`bias`: association tests (WEAT) with published word lists or own lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from embedlab.cli.asking.queries import EmbeddingName
from embedlab.cli.flags import Json
from embedlab.cli.output import error_as_json, write_json, write_line, write_note, write_table
from embedlab.cli.work import find_embedding, opened_workspace
from embedlab.core.errors import InputError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedlab.exploration.asking.bias import BiasTest, Group

_TWICE = "Entries separated by commas, or by semicolons if a name has a comma; give it twice."


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(bias)


def bias(
    embedding: EmbeddingName,
    test: Annotated[
        str | None, typer.Option("--test", help="Name of a published test; by default all of them are run.")
    ] = None,
    targets: Annotated[
        list[str] | None, typer.Option("--targets", metavar="LIST", help=f"Own targets. {_TWICE}")
    ] = None,
    attributes: Annotated[
        list[str] | None, typer.Option("--attributes", metavar="LIST", help=f"Own attributes. {_TWICE}")
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", min=0, max=2**31 - 1, help="Random seed of the permutation test for long lists.")
    ] = 0,
    json: Json = False,
) -> None:
    """Test whether one group of keys is closer to some attributes than another group is (WEAT).

    Effect size d: difference of the mean associations in standard deviations. p: share of all divisions of the targets
    into two such groups that give at least as much.
    """
    from embedlab.exploration.asking.bias import bias_test, published_bias_test
    from embedlab.exploration.asking.bias_lists import PUBLISHED

    own = _own_lists(targets, attributes)
    if own and test is not None:
        raise ParameterError("Choose a published test or own lists, not both.", received=test)
    with opened_workspace() as workspace:
        loaded = workspace.load_embedding(find_embedding(workspace, embedding).id)
        if own or test is not None:
            found = bias_test(loaded, *own, seed=seed) if own else published_bias_test(loaded, str(test), seed)
            _write_one(found, as_json=json)
            return
        results: dict[str, BiasTest | InputError] = {}
        for name in PUBLISHED:
            try:
                results[name] = published_bias_test(loaded, name, seed)
            except InputError as error:
                results[name] = error
    if json:
        write_json(
            {
                name: error_as_json(each) if isinstance(each, InputError) else _as_json(each)
                for name, each in results.items()
            }
        )
        return
    _write_table(results)


def _own_lists(targets: Sequence[str] | None, attributes: Sequence[str] | None) -> list[Any]:
    from embedlab.exploration.asking.bias import own_list

    if not targets and not attributes:
        return []
    for flag, lists in (("--targets", targets), ("--attributes", attributes)):
        if len(lists or ()) != 2:
            raise ParameterError(
                f"A test needs {flag} twice.",
                received=len(lists or ()),
                remedy='Write, for example: --targets "rose,tulip,lily,iris" --targets "ant,bee,fly,wasp".',
            )
    texts = [*(targets or ()), *(attributes or ())]
    titles = ("targets 1", "targets 2", "attributes 1", "attributes 2")
    return [own_list(title, text.split(";" if ";" in text else ",")) for title, text in zip(titles, texts, strict=True)]


def _as_json(test: BiasTest) -> dict[str, Any]:
    result = test.result
    names = ("first_targets", "second_targets", "first_attributes", "second_attributes")
    return {
        "statistic": result.statistic,
        "effect_size": result.effect_size,
        "p_value": result.p_value,
        "n_divisions": result.n_divisions,
        "is_exact": result.is_exact,
        **{name: _group_as_json(group) for name, group in zip(names, test.groups, strict=True)},
        "associations": [[each.key, each.label, each.score] for each in test.of_targets],
    }


def _group_as_json(group: Group) -> dict[str, Any]:
    return {"title": group.title, "keys": list(group.keys), "missing": list(group.missing)}


def _write_one(test: BiasTest, *, as_json: bool) -> None:
    if as_json:
        write_json(_as_json(test))
        return
    first = set(test.first_targets.keys)
    rows = [
        (each.label, test.first_targets.title if each.key in first else test.second_targets.title, f"{each.score:+.4f}")
        for each in test.of_targets
    ]
    write_table(["target", "list", "association"], rows, empty="No targets.")
    result = test.result
    how = f"all {result.n_divisions:,}" if result.is_exact else f"{result.n_divisions:,} random"
    write_line(f"Effect size d = {result.effect_size:.2f}, one-sided p = {result.p_value:.2g} ({how} divisions).")
    for group in test.groups:
        if group.missing:
            write_note(f"Not in the vocabulary ({group.title}): {', '.join(group.missing)}.")


def _write_table(results: dict[str, BiasTest | InputError]) -> None:
    rows = []
    for name, each in results.items():
        if isinstance(each, InputError):
            write_note(f"{name}: {each.what}")
        else:
            used = "+".join(str(len(group.keys)) for group in each.groups)
            rows.append((name, f"{each.result.effect_size:.2f}", f"{each.result.p_value:.2g}", used))
    if not rows:
        raise InputError(
            "None of the published tests has enough words in this vocabulary.",
            remedy="Give own lists by --targets and --attributes.",
        )
    write_table(["test", "effect size d", "p", "words"], rows, empty="No tests.")
