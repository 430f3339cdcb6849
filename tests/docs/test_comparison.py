"""Every row of the table that sets EmbedLab beside other tools is backed by a test."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

TESTS = {
    "Trains embeddings from text, ratings and other discrete data": (
        "tests/browser/test_journeys.py::test_ratings_sample_from_start_to_map_and_queries",
        "tests/browser/test_journeys.py::test_own_text_is_uploaded_trained_refreshed_and_cancelled",
    ),
    "Training as a film on a stable map": (
        "tests/browser/test_film.py::test_a_training_is_watched_and_its_film_plays_after_a_restart",
    ),
    "Watching a training, and replaying it on its map": (
        "tests/browser/test_film.py::test_a_training_is_watched_and_its_film_plays_after_a_restart",
        "tests/app/test_replay.py::test_the_switch_replays_the_film_on_its_map",
        "tests/jobs/films/test_movement.py::test_neighbors_come_and_go",
    ),
    "Projections": (
        "tests/projections/test_formula.py::test_a_coordinate_is_the_cosine_with_the_direction",
        "tests/projections/test_umap.py::test_planted_groups_are_apart_and_their_neighbors_are_kept",
        "tests/projections/test_pacmap.py::test_planted_groups_are_apart",
    ),
    "Watching a layout while it is computed": (
        "tests/browser/test_live_map.py::test_a_map_is_watched_paused_and_stopped",
        "tests/jobs/layouts/test_live.py::test_a_stopped_map_is_the_frame_at_the_stop",
    ),
    "Same seed, same map": (
        "tests/projections/test_conformance.py::test_one_seed_gives_the_same_coordinates_with_any_number_of_threads",
        "tests/jobs/layouts/test_projecting.py::test_the_same_map_is_not_computed_again",
    ),
    "Too many points for a method": (
        "tests/projections/test_sampling.py::test_a_million_points_take_no_longer_than_allowed",
        "tests/projections/test_sampling.py::test_sample_and_placed_points_keep_planted_clusters",
        "tests/jobs/layouts/test_projecting.py::test_a_sampled_map_says_how_many_points_were_laid_out",
    ),
    "Two and three dimensions": (
        "tests/browser/test_journeys.py::test_the_view_survives_picks_and_colors_in_two_and_three_dimensions",
    ),
    "How far to trust the picture": (
        "tests/projections/trust/test_quality.py::test_the_identity_is_perfect",
        "tests/projections/trust/test_quality.py::test_stress_does_not_change_with_the_scale_of_the_map",
        "tests/ui/map/trust/test_measures.py::test_the_sentence_says_what_to_trust",
        "tests/ui/map/trust/test_measures.py::test_measures_are_beside_those_of_a_random_layout",
    ),
    "False and missing neighbors": ("tests/browser/test_trust.py::test_a_click_compares_and_a_color_shows_distortion",),
    "True neighbors of a picked point": (
        "tests/ui/server/test_routes.py::test_neighbors_on_a_circle_are_the_adjacent_points",
    ),
    "Analogies and means drawn on the map": (
        "tests/browser/test_map_query.py::test_drawn_analogy_and_walking_by_keyboard",
    ),
    "Unknown words placed on the map": (
        "tests/browser/test_unknown_word.py::test_unknown_word_is_placed_among_its_true_neighbors_until_cleared",
    ),
    "Association tests (WEAT)": (
        "tests/exploration/asking/test_bias.py::test_a_planted_association_is_found_and_words_without_one_show_none",
    ),
    "Select by": ("tests/browser/test_selecting.py::test_lasso_undo_and_keyboard",),
    "Two embeddings": ("tests/browser/test_linked_maps.py::test_picks_selections_and_views_are_linked_by_key",),
    "Several embeddings in order, such as years": (
        "tests/app/test_two_runs.py::test_embeddings_are_compared_in_order_with_the_path_of_a_key",
        "tests/exploration/test_neighbor_overlap.py::test_slices_follow_a_key_that_moves_step_by_step",
    ),
    "Named clusters": ("tests/exploration/test_clusters.py::test_planted_groups_are_found",),
    "Names of clusters by zoom, which you can change": (
        "tests/exploration/test_clusters.py::test_a_planted_hierarchy_is_found_at_two_levels",
        "tests/browser/test_labels.py::test_labels_neither_overlap_nor_flicker_and_are_shared_among_groups",
        "tests/ui/map/clusters/test_cluster_panel.py::test_a_new_name_changes_the_version_and_is_exported",
        "tests/notebook/test_opening.py::test_a_temporary_workspace_is_deleted_and_its_clusters_are_read_and_named",
    ),
    "Bookmarks": (
        "tests/ui/map/bookmarks/test_page.py::test_a_link_to_a_bookmark_shows_all_of_it",
        "tests/ui/map/bookmarks/test_page.py::test_bookmarks_of_another_embedding_are_imported_and_matched_by_name",
    ),
    "Presenting in full screen with larger type": (
        "tests/browser/test_map_page.py::test_the_map_fills_the_window_and_its_bookmarks_are_presented",
    ),
    "Export of what is seen": ("tests/browser/test_map_page.py::test_what_is_seen_is_exported_and_a_program_selects",),
    "Selection read and set by a program": (
        "tests/browser/test_map_page.py::test_what_is_seen_is_exported_and_a_program_selects",
        "tests/ui/map/outside/test_highlights.py::test_open_maps_follow_a_program_and_a_program_reads_the_selection",
    ),
    "Opens gensim vectors from Python": (
        "tests/notebook/test_vectors.py::test_keyed_vectors_bring_their_keys_and_counts",
        "tests/notebook/test_opening.py::test_vectors_of_a_program_are_opened_selected_and_closed",
    ),
    "Needs": (
        "tests/browser/test_journeys.py::test_name_with_markup_stays_text_and_makes_no_request",
        "tests/browser/test_map_renderers.py::test_without_webgl_a_sample_is_drawn_and_a_message_says_so",
    ),
}


def test_the_rows_of_the_table_are_those_with_tests():
    table = (ROOT / "README.md").read_text(encoding="utf-8").split("<!-- comparison -->")[1].split("\n\n")[0]
    rows = [line.split("|")[1].strip() for line in table.strip().splitlines()[2:]]
    assert rows == list(TESTS)


@pytest.mark.parametrize("feature", TESTS, ids=[re.sub(r"\W+", "-", name.lower()) for name in TESTS])
def test_the_tests_of_a_row_exist(feature):
    for test in TESTS[feature]:
        file, name = test.split("::")
        assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8"), test
