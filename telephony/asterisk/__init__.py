"""Calls carried by an Asterisk 22: it parks, plays and bridges; the router decides."""
