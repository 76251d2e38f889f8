"""Records what real programs write to a terminal, as the logs of the page's tests."""
