"""The interface of a model, so that pages, command line, jobs and exports never check a model's name."""
