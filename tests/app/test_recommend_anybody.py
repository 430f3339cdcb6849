"""The Recommend page for runs of every ability: reasons, own ratings, filters, axes, two runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from embedlab.exploration.new_things.recommender import Recommender
from embedlab.kinds.ratings import RatingsDataset, RatingsOptions, import_ratings
from embedlab.models.registry import registered
from embedlab.ui.recommend.for_user import rated_table
from embedlab.ui.recommend.results import reasons_table, sum_sentence
from embedlab.ui.shell import resources
from embedlab.workspace.rows import RunRow
from embedlab.workspace.workspace import Workspace
from tests.app.conftest import breadcrumb
from tests.app.planted_ratings import HOSTILE_TITLE, write_planted
from tests.app.test_recommend import texts
from tests.kept_recommenders import keep_dataset, keep_ranking_run, keep_rates_only_run, keep_ridge_run
from tests.ridge_recommender import RatesOnlyModel, RidgeModel

Open = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def _model() -> Iterator[None]:
    with registered(RidgeModel(), RatesOnlyModel()):
        yield


@pytest.fixture
def kept(workspace: Workspace, tmp_path: Path) -> tuple[str, RatingsDataset]:
    return keep_dataset(workspace, write_planted(tmp_path / "files"))


@pytest.fixture
def weights(workspace: Workspace, kept: tuple[str, RatingsDataset]) -> RunRow:
    return keep_ranking_run(workspace, *kept)


@pytest.fixture
def ridge(workspace: Workspace, kept: tuple[str, RatingsDataset]) -> RunRow:
    return keep_ridge_run(workspace, *kept)


def lists(app: AppTest, column: str) -> list[list[object]]:
    return [list(frame.value[column]) for frame in app.dataframe if column in frame.value]


def test_a_run_that_ranks_shows_scores_and_what_counts(open_page: Open, weights: RunRow) -> None:
    app = open_page("recommend", run=weights.id, user="a0")
    assert not app.exception
    assert not app.error
    (scores,) = lists(app, "Score")
    assert scores == sorted(scores, reverse=True)
    assert "learns only from ratings of at least 4" in texts(app)
    assert "no vectors of users" in texts(app)
    (parts,) = lists(app, "Part")
    assert set(parts) <= {"training", "validation", "test"}


def test_rated_items_mark_the_test_part(workspace: Workspace, weights: RunRow) -> None:
    recommender = resources.open_recommender(weights.id)
    # One class has several abilities, and is opened once.
    assert len(recommender.abilities) == 1
    marked = 0
    for user in range(len(recommender.dataset.users)):
        table = rated_table(recommender, user)
        history = recommender.history(user)
        assert len(table) == len(history)
        assert (table["Part"] == "test").sum() == history.is_test.sum()
        assert set(table[table["Part"] == "test"]["Used"]) <= {""}
        assert set(table[(table["Part"] != "test") & (table["Rating"] == 5)]["Used"]) <= {"yes"}
        marked += int(history.is_test.sum())
    assert marked > 0


def test_reasons_are_shown_for_the_item_that_is_picked_and_closed_again(open_page: Open, weights: RunRow) -> None:
    app = open_page("recommend", run=weights.id, user="a0")
    app.session_state["why"] = ("user-a0", "30")
    app.run()
    assert not app.exception
    reasons = next(frame.value for frame in app.dataframe if "Adds" in frame.value)
    *parts, total = reasons["Adds"]
    assert total == pytest.approx(sum(parts))
    assert reasons["Rated item"].iloc[-1] == "Sum"
    assert "add up to the score" in texts(app)
    app.button(key="icon-only:why-close").click().run()
    assert not lists(app, "Adds")


def test_without_ratings_of_your_own_the_page_invites(open_page: Open, ridge: RunRow) -> None:
    app = open_page("recommend", run=ridge.id, view="you")
    assert "Rate a few items" in texts(app)
    assert not app.dataframe
    next(button for button in app.button if button.label.startswith("Ronin")).click().run()
    assert not app.exception
    assert app.query_params["rated"] == "5:20"
    (predicted,) = lists(app, "Predicted rating")
    assert len(predicted) == 5


def test_own_ratings_change_the_list_at_once_and_are_in_the_link(open_page: Open, ridge: RunRow) -> None:
    app = open_page("recommend", run=ridge.id, view="you", rated=["5:10", "1:40"])
    (before,) = lists(app, "Predicted rating")
    recommender = resources.open_recommender(ridge.id)
    row = recommender.catalog.index("40")
    app.select_slider(key=f"own-rating-{row}").set_value(5.0).run()
    assert app.query_params["rated"] == ["5:10", "5:40"]
    (after,) = lists(app, "Predicted rating")
    assert before != after
    app.button(key=f"icon-only:own-remove-{row}").click().run()
    assert app.query_params["rated"] == "5:10"
    app.text_input(key="rate-text").set_value("Clueless (1995)").run()
    assert app.query_params["rated"] == ["5:10", "5:60"]
    assert app.text_input(key="rate-text").value == ""
    assert app.get("page_link")
    app.button(key="own-clear").click().run()
    assert "Rate a few items" in texts(app)


def test_own_ratings_below_positive_do_not_count_for_a_run_that_ranks(open_page: Open, weights: RunRow) -> None:
    app = open_page("recommend", run=weights.id, view="you", rated=["5:10", "1:40"])
    assert "1 rating below 4" in texts(app)
    assert "no place on the map" in texts(app)
    (items,) = lists(app, "Item")
    assert len(items) == 4


def test_a_damaged_link_is_explained(open_page: Open, ridge: RunRow) -> None:
    app = open_page("recommend", run=ridge.id, view="you", rated=["5:10", "9:20", "x", "4:nothing", "2:10"])
    assert not app.exception
    shown = texts(app)
    for part in ("outside the scale", "cannot be read", "does not have", "rated before"):
        assert part in shown
    assert app.query_params["rated"][0] == "5:10"


def test_a_run_that_only_rates_says_what_it_cannot_do(open_page: Open, workspace: Workspace, kept) -> None:
    run = keep_rates_only_run(workspace, *kept)
    user = open_page("recommend", run=run.id, user="a0")
    assert not user.exception
    assert "Click an item to see similar ones" in texts(user)
    you = open_page("recommend", run=run.id, view="you")
    assert "cannot place new users" in texts(you)
    assert "EASE" in texts(you)
    item = open_page("recommend", run=run.id, view="item", item="10")
    assert "neither item vectors nor weights" in texts(item)
    assert not item.exception


def test_popularity_and_filters(open_page: Open, ridge: RunRow) -> None:
    app = open_page("recommend", run=ridge.id, view="you", rated="5:10", unpopular="0.5")
    assert lists(app, "Adjusted")
    recommender = resources.open_recommender(ridge.id)
    slot = f"filter-text-{ridge.dataset_id}"
    app.text_input(key=slot).set_value("emma").run()
    assert [list(each) for each in lists(app, "Item")] == [["Emma (1996)", "Emma (1996)"]]
    assert "title contains" in texts(app)
    app.text_input(key=slot).set_value("no such title").run()
    assert "Remove a filter" in texts(app)
    linked = open_page("recommend", run=ridge.id, view="you", rated="5:10", **{slot: "emma"})
    assert [list(each) for each in lists(linked, "Item")] == [["Emma (1996)", "Emma (1996)"]]
    assert recommender.columns.genre_names == ["Drama", "Crime"]


def test_ratings_of_another_dataset_are_forgotten(
    open_page: Open, workspace: Workspace, tmp_path: Path, ridge: RunRow
) -> None:
    lines = [f"u{user},{item},{user % 3 + 1}" for user in range(8) for item in ("x", "y", "z")]
    (tmp_path / "other.csv").write_text("user,item,rating\n" + "\n".join(lines) + "\n")
    other = keep_ranking_run(workspace, *keep_dataset(workspace, (tmp_path / "other.csv",)))
    app = open_page("recommend", run=ridge.id, view="you", rated="5:10")
    breadcrumb(app, "dataset").set_value(other.dataset_id).run()
    assert "The link has" not in texts(app)
    assert "Rate a few items" in texts(app)
    assert "rated" not in app.query_params


def test_a_list_is_downloaded_and_that_of_all_users_is_prepared(open_page: Open, ridge: RunRow) -> None:
    app = open_page("recommend", run=ridge.id, user="a0")
    app.button(key="recommend-download").click().run()
    assert not app.exception
    assert "/exports/" in app.get("link_button")[0].proto.url
    app.session_state["download-whom"] = "All 8 users"
    app.run()
    assert any(button.label.startswith("Prepare file") for button in app.button)


def test_similar_items_without_vectors_are_by_choice(open_page: Open, weights: RunRow) -> None:
    app = open_page("recommend", run=weights.id, view="item", item="10")
    assert not app.exception
    assert "somebody who chose only this item" in texts(app)
    (items,) = lists(app, "Item")
    assert HOSTILE_TITLE in items


def test_popularity_knows_no_similar_items(open_page: Open, workspace: Workspace, kept) -> None:
    run = keep_ranking_run(workspace, *kept, model="popularity", name="Popular")
    app = open_page("recommend", run=run.id, view="item", item="10")
    assert not app.exception
    assert "same to everyone" in texts(app)
    assert not app.dataframe


def test_an_axis_between_two_items(open_page: Open, ridge: RunRow, weights: RunRow) -> None:
    app = open_page("recommend", run=ridge.id, view="axis", item="10", to="60")
    assert not app.exception
    towards, away = lists(app, "Position")
    assert towards == sorted(towards)
    assert away == sorted(away, reverse=True)
    same = open_page("recommend", run=ridge.id, view="axis", item="10", to="10")
    assert "same direction" in " ".join(error.value for error in same.error)
    plain = open_page("recommend", run=weights.id, view="axis", item="10", to="60")
    assert "no vectors of items" in texts(plain)


def test_few_factors_are_shown_on_their_own_axes(open_page: Open, workspace: Workspace, kept, ridge: RunRow) -> None:
    app = open_page("recommend", run=ridge.id, view="factors", item="30")
    assert not app.exception
    assert "coordinate k" in texts(app)
    assert app.get("plotly_chart")
    three = keep_ridge_run(workspace, *kept, n_factors=3)
    assert len(open_page("recommend", run=three.id, view="factors").selectbox(key="factor-axes").options) == 3
    four = keep_ridge_run(workspace, *kept, n_factors=4)
    # Another view is shown instead.
    assert "coordinate k" not in texts(open_page("recommend", run=four.id, view="factors"))


def test_two_runs_about_one_item(open_page: Open, workspace: Workspace, tmp_path: Path, kept, weights: RunRow) -> None:
    # A run on another dataset is no choice.
    keep_ranking_run(workspace, *keep_dataset(workspace, write_planted(tmp_path / "another")))
    alone = open_page("recommend", run=weights.id, view="both", item="10")
    assert "no other run" in texts(alone)
    without = keep_ridge_run(workspace, *kept, missing="10")
    app = open_page("recommend", run=weights.id, view="both", item="10")
    assert not app.exception
    assert app.query_params["run"] == weights.id
    assert "no ratings in the training data, so it has no place" in texts(app)
    app = open_page("recommend", run=without.id, view="both", item="20")
    assert len(lists(app, "Item")) == 2
    assert texts(app).count("ratings, ") >= 1


def test_an_item_without_ratings_is_known_to_the_runs_that_place_it(
    open_page: Open, workspace: Workspace, tmp_path: Path
) -> None:
    ratings, items = write_planted(tmp_path / "unrated")
    items.write_text(items.read_text() + "99,Unseen (2001),Drama\n")
    kept = keep_dataset(workspace, (ratings, items))
    run = keep_ridge_run(workspace, *kept)
    other = keep_ranking_run(workspace, *kept)
    app = open_page("recommend", run=run.id, view="both", item="99")
    assert not app.exception
    assert texts(app).count("**Unseen \\(2001\\)** has no ratings, so it has no place") == 2
    for each in (run, other):
        app = open_page("recommend", run=each.id, view="item", item="99")
        assert not app.exception
        assert "has no ratings, so it has no place" in texts(app)
    for view in ("axis", "factors", "you", "user"):
        assert not open_page("recommend", run=run.id, view=view, item="99").exception


def test_users_near_a_user_open_their_recommendations(open_page: Open, ridge: RunRow) -> None:
    app = open_page("recommend", run=ridge.id, user="a0")
    near = app.button(key="near-user-0")
    name = near.label
    near.click().run()
    assert app.query_params["user"] == name != "a0"


def test_hostile_titles_stay_text_in_every_view(open_page: Open, ridge: RunRow) -> None:
    addresses = [
        {"view": "you", "rated": ["5:30", "1:10"]},
        {"view": "axis", "item": "30", "to": "10"},
        {"view": "both", "item": "30"},
        {"view": "factors", "item": "30"},
    ]
    for address in addresses:
        app = open_page("recommend", run=ridge.id, **address)
        assert not app.exception, address
        shown = texts(app) + " ".join(button.label for button in app.button)
        assert "![" not in shown, address
        assert "http://" not in shown, address


def test_choices_have_no_ratings(open_page: Open, workspace: Workspace, tmp_path: Path) -> None:
    lines = [
        f"u{user},{item},{user % 3 + 1}" for user in range(8) for item in ("x", "y", "z") if (user, item) != (0, "z")
    ]
    (tmp_path / "watched.csv").write_text("user,item,rating\n" + "\n".join(lines) + "\n")
    run = keep_ranking_run(workspace, *keep_dataset(workspace, (tmp_path / "watched.csv",), implicit=True))
    app = open_page("recommend", run=run.id, user="u0")
    assert not app.exception
    assert not lists(app, "Rating")
    you = open_page("recommend", run=run.id, view="you", rated="1:x")
    assert not you.exception
    assert "Your choices" in texts(you)
    assert "Items for you by score" in texts(you)
    assert len(lists(you, "Item")[0]) == 2
    assert [slider.key for slider in you.select_slider] == ["topn"]


@pytest.mark.parametrize("view", ["user", "you", "item", "axis", "both"])
def test_choices_are_called_choices(open_page: Open, workspace: Workspace, tmp_path: Path, view: str) -> None:
    lines = [f"u{user},{item},{user + 1}" for user in range(8) for item in "xyz"]
    (tmp_path / "plays.csv").write_text("user,item,plays\n" + "\n".join(lines) + "\n")
    dataset = keep_dataset(workspace, (tmp_path / "plays.csv",), implicit=True)
    run = keep_ranking_run(workspace, *dataset)
    keep_ranking_run(workspace, *dataset)
    app = open_page("recommend", run=run.id, view=view, item="x", user="u0", rated="1:x", to="z")
    assert not app.exception
    numbers = [each.label for each in app.number_input]
    shown = " ".join([texts(app), *numbers, *(str(column) for each in app.dataframe for column in each.value)])
    assert "rating" not in shown.replace("with reasons", "").lower(), shown
    assert "choices" in shown or view == "axis", shown


@pytest.mark.parametrize("kept_run", ["weights", "ridge"])
def test_the_page_of_a_run_leads_to_its_recommendations(
    open_page: Open, kept_run: str, request: pytest.FixtureRequest
) -> None:
    run = request.getfixturevalue(kept_run)
    app = open_page("runs", run=run.id)
    assert not app.exception
    links = [str(each.proto) for each in app.get("page_link")]
    assert any('label: "Recommend"' in link and run.id in link for link in links), links


def test_counts_of_a_user_are_called_counts(workspace: Workspace, tmp_path: Path) -> None:
    lines = [f"u{user},{item},{7 * user + 1}" for user in range(8) for item in "xyz"]
    (tmp_path / "plays.csv").write_text("user,item,plays\n" + "\n".join(lines) + "\n")
    folder = tmp_path / "dataset"
    folder.mkdir()
    titles = "".join(f"{item},Title {item},Drama\n" for item in "wxyz")
    (tmp_path / "items.csv").write_text("item,title,genres\n" + titles)
    items_path = tmp_path / "items.csv"
    options = RatingsOptions(feedback="implicit")
    import_ratings(tmp_path / "plays.csv", options, folder, items_path=items_path).save(folder)
    dataset = RatingsDataset.open(folder)
    assert "mean_count" in dataset.items
    assert "mean_rating" not in dataset.users
    assert "mean_rating" not in dataset.all_items
    assert len(dataset.all_items) == 4
    split = dataset.split(0)
    recommender = Recommender.of(split, None, ())
    assert list(rated_table(recommender, 5).columns)[:2] == ["Item", "Count"]


def test_the_map_draws_you(open_page: Open, ridge: RunRow, workspace: Workspace) -> None:
    items = workspace.resolve_embedding(f"{ridge.id}/items")
    app = open_page("map", embedding=items.id, draw="you", of=["10", "40"], of_weight=["5", "1"])
    assert not app.exception
    shown = texts(app)
    assert "You among the items" in shown
    assert "exact position" in shown
    without = open_page("map", embedding=workspace.resolve_embedding(f"{ridge.id}/users").id, draw="you", of="10")
    assert not without.exception


def test_reasons_in_words() -> None:
    from embedlab.exploration.new_things.reasons import Contribution, Explanation

    parts = (Contribution("a", "A", 5.0, 1.5), Contribution("b", "B", 2.0, -0.5))
    explanation = Explanation("t", "T", 3.0, parts, 4, 0.5, 4.5)
    assert reasons_table(explanation, has_ratings=True)["Adds"].tolist() == [3.0, 1.5, -0.5, 0.5, 4.5]
    assert "Chosen item" in reasons_table(explanation, has_ratings=False)
    assert sum_sentence(explanation, (1, 5)) == "The numbers add up to the score in the list."
    clipped = Explanation("t", "T", 5.0, parts, 0, 0.0, 5.0)
    assert "clipped to 5" in sum_sentence(clipped, (1, 5))
    assert "from the vector of this user" in sum_sentence(Explanation("t", "T", 1.0, parts, 0, 0.0, 4.0), (1, 5))
    assert "same for everyone" in sum_sentence(Explanation("t", "T", 1.0, (), 0, 0.0, 1.0), (1, 5))
