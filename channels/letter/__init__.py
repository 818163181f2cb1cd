"""Letters and visits, which a colleague enters by hand."""
