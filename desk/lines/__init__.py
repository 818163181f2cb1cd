"""Trunks and phones in the desk's administration."""
