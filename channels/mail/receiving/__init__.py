"""Mail in: one IMAP session for each folder, stored before it is acknowledged."""
