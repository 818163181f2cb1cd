"""Mail out: composing and handing over to the SMTP server."""
