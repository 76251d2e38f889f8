"""Logs of any content type under names that their users choose: Durable Streams, whole."""
