"""Flows tried out by those who write them: a real call from a page, without anything that would stay of it."""
