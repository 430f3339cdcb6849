"""Parts that the pages Start, Data, Train and Runs are put together from."""
