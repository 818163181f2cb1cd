"""Bytes of an untrusted mail to a `ParsedMail`; runs in a killable child, see `sandbox`."""
