"""Arrays into Plotly figures."""
