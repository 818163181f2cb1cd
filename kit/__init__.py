"""The toolbox every room stands on: database, unit of work, events, blobs, jobs. No domain word belongs here."""
