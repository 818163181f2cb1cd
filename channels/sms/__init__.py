"""Text messages: several kinds of providers, one way in and one way out."""
