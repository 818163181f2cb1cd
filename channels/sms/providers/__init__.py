"""Providers that speak HTTP, each a small profile of the one interface in `provider`."""
