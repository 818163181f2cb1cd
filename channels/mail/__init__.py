"""E-mail as a channel: IMAP in, SMTP out, and everything that untrusted mail needs in between."""
