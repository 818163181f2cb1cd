"""The words of automatic texts, kept by the administrator."""
