"""Calls and spoken messages as channels: what the switchboard hands over becomes contacts."""
