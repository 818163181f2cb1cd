"""Telegram: bots that citizens write to."""
