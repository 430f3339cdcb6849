"""The Streamlit parts the pages share, the routes, and the map component."""
