"""The form of a new row on the Ask page."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def _page() -> None:
    from types import SimpleNamespace

    from embedlab.models.contract.rows import RowInput, RowPrediction
    from embedlab.ui.ask import predict_row

    class Predictor:
        inputs = (RowInput("<b>zip</b>", "category", ("02134",), "02134"), RowInput("size", "number", example="70"))

        def predict(self, records: list[dict[str, str]]) -> list[RowPrediction]:
            size = records[0]["size"]
            if not size:
                unreadable = {"sold": "<i>soon</i>"}
                unseen = {"<b>zip</b>": "9"}
                return [RowPrediction(1234567.0, missing=("size", "sold"), unseen=unseen, unreadable=unreadable)]
            return [RowPrediction(float(size))]

    dataset = SimpleNamespace(target=SimpleNamespace(name="price"))
    predict_row._predictor = lambda run_id: (Predictor(), dataset)
    predict_row.ask_row(SimpleNamespace(run_id="r"), None)


def test_a_row_is_predicted_and_what_is_unknown_is_said() -> None:
    app = AppTest.from_function(_page, default_timeout=60).run()
    assert not app.exception
    assert app.metric[0].value == "1,234,567"
    captions = " ".join(each.value for each in app.caption)
    assert "no training row has “9”" in captions
    assert "Missing: size." in captions
    assert "**sold**: “" in captions
    assert "soon" in captions
    assert "counts as missing" in captions
    assert "<b>" not in captions
    assert "<i>" not in captions
    app.text_input[0].set_value("80").run()
    assert app.metric[0].value == "80"


def test_a_usual_row_fills_what_is_empty() -> None:
    app = AppTest.from_function(_page, default_timeout=60).run()
    app.button(key="fill-row").click().run()
    assert (app.selectbox[0].value, app.text_input[0].value, app.metric[0].value) == ("02134", "70", "70")
    app.text_input[0].set_value("80").run()
    app.button(key="fill-row").click().run()
    assert app.text_input[0].value == "80"
