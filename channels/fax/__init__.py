"""Faxes, whatever brought them: the mail of a gateway, or a telephone line's own."""
