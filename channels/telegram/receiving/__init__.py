"""The two ways in: updates that are fetched, and updates that Telegram posts to us. Both are stored first."""
