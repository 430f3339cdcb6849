"""What a model provides, so that pages, command line, jobs and exports ask no model for its name."""
