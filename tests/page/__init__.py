"""The page in a real browser, against a real server: what it shows is what the log says."""
