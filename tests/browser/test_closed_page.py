"""Jobs run without open pages: the server processes the queue, not the pages."""

from __future__ import annotations

import time

from embedlab.samples.shipped import write_sample
from tests.browser.steps import keep, start_training, statuses, upload

EPOCHS = 20
TIMEOUT_S = 240.0


def test_three_queued_trainings_finish_with_all_pages_closed(server, new_page, tmp_path):
    page = new_page(server.origin)
    upload(page, server, write_sample("made-corpus", tmp_path).path)
    dataset_id = keep(page)
    runs = {start_training(page, server, dataset_id, epochs=EPOCHS, seed=seed) for seed in (1, 2, 3)}
    assert len(runs) == 3
    page.goto("about:blank")
    page.close()

    # Listing the runs starts no workers: only the server can.
    end = time.monotonic() + TIMEOUT_S
    while {"queued", "running"} & set((found := statuses(server)).values()) and time.monotonic() < end:
        time.sleep(0.5)
    assert {run: found.get(run) for run in runs} == dict.fromkeys(runs, "succeeded")
