"""What the first migration adds beyond tables: the trigram index and the append-only audit trail."""

_SQLITE = (
    "CREATE VIRTUAL TABLE search_trigrams USING fts5"
    "(text, content='search_documents', content_rowid='number', tokenize='trigram')",
    "CREATE TRIGGER search_documents_added AFTER INSERT ON search_documents BEGIN "
    "INSERT INTO search_trigrams(rowid, text) VALUES (new.number, new.text); END",
    "CREATE TRIGGER search_documents_removed AFTER DELETE ON search_documents BEGIN "
    "INSERT INTO search_trigrams(search_trigrams, rowid, text) VALUES ('delete', old.number, old.text); END",
    "CREATE TRIGGER search_documents_changed AFTER UPDATE OF text ON search_documents BEGIN "
    "INSERT INTO search_trigrams(search_trigrams, rowid, text) VALUES ('delete', old.number, old.text); "
    "INSERT INTO search_trigrams(rowid, text) VALUES (new.number, new.text); END",
    "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END",
    "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END",
)
_POSTGRESQL = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX ix_search_documents_trigrams ON search_documents USING gin (text gin_trgm_ops)",
    "CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'audit is append-only'; END $$",
    "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()",
)


def search_and_audit(dialect: str) -> tuple[str, ...]:
    """The statements for `sqlite` or `postgresql`, in order."""
    return _SQLITE if dialect == "sqlite" else _POSTGRESQL
