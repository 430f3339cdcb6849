"""The command line: everything the pages do, without a browser."""
