"""Comparing the clients' journal with the database, read by its own library and nothing of the platform."""

import sqlite3
from collections import Counter
from pathlib import Path

from tests.chaos.journal import Journal

Finding = str


def violations(database: Path, journal: Journal) -> list[Finding]:
    """Everything that should not be; empty when nothing was lost, doubled or assigned twice."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return [
            *_messages(connection, journal),
            *_replies(connection, journal),
            *_ledger(connection),
            *_assignments(connection, journal),
            *_stranded(connection),
        ]
    finally:
        connection.close()


def _messages(connection: sqlite3.Connection, journal: Journal) -> list[Finding]:
    rows = connection.execute(
        "select m.client_id, t.key, m.text from messages m join threads t on t.id = m.thread_id"
        " where m.direction = 'in'"
    ).fetchall()
    stored = {client_id: (key, text) for client_id, key, text in rows}
    doubled = [text for text, count in Counter(text for _, _, text in rows).items() if count > 1]
    lost = [message_id for message_id, said in journal.said.items() if stored.get(message_id) != said]
    return [f"message lost or changed: {item}" for item in lost] + [f"message doubled: {item}" for item in doubled]


def _replies(connection: sqlite3.Connection, journal: Journal) -> list[Finding]:
    rows = connection.execute(
        "select m.client_id, m.contact_id, m.text, count(o.id) from messages m"
        " left join outbox o on o.message_id = m.id where m.direction = 'out' and m.author_kind = 'agent'"
        " group by m.id"
    ).fetchall()
    stored = {client_id: (contact_id, text) for client_id, contact_id, text, _ in rows}
    lost = [client_id for client_id, replied in journal.replied.items() if stored.get(client_id) != replied]
    doubled = [text for text, count in Counter(text for _, _, text, _ in rows).items() if count > 1]
    unsent = [client_id for client_id, _, _, outgoing in rows if outgoing != 1]
    return [
        *(f"reply lost or changed: {item}" for item in lost),
        *(f"reply doubled: {item}" for item in doubled),
        *(f"reply without exactly one outbox row: {item}" for item in unsent),
    ]


def _ledger(connection: sqlite3.Connection) -> list[Finding]:
    rows = connection.execute("select provider_id, state, reason from ledger where state <> 'routed'").fetchall()
    return [f"ledger row not routed: {provider_id} {state} {reason}" for provider_id, state, reason in rows]


def _assignments(connection: sqlite3.Connection, journal: Journal) -> list[Finding]:
    twice = [f"two agents were told yes: {key}" for key, agents in journal.accepted.items() if len(agents) > 1]
    granted = {
        (contact_id, str(fence)): agent_id
        for contact_id, fence, agent_id in connection.execute(
            "select contact_id, fence, agent_id from offers where outcome = 'accepted'"
        )
    }
    wrong = [f"accept not in SQL: {key}" for key, agents in journal.accepted.items() if granted.get(key) not in agents]
    open_now = connection.execute(
        "select contact_id from interactions where handled_at is null and ended_at is null"
        " group by contact_id having count(*) > 1"
    ).fetchall()
    overlapping = connection.execute(
        "select a.contact_id from interactions a join interactions b on a.contact_id = b.contact_id"
        " and a.id <> b.id and a.accepted_at <= b.accepted_at"
        " where coalesce(a.handled_at, a.ended_at, '9999') > b.accepted_at"
    ).fetchall()
    return [
        *twice,
        *wrong,
        *(f"two open interactions: {contact_id}" for (contact_id,) in open_now),
        *(f"two agents at once: {contact_id}" for (contact_id,) in overlapping),
    ]


def _stranded(connection: sqlite3.Connection) -> list[Finding]:
    rows = connection.execute("select id, status from contacts where status not in ('closed', 'abandoned')").fetchall()
    return [f"contact never came to its end: {contact_id} {status}" for contact_id, status in rows]


def unfinished(database: Path) -> int:
    """Contacts that have not ended and messages that have not left."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        contacts = connection.execute(
            "select count(*) from contacts where status not in ('closed', 'abandoned')"
        ).fetchone()[0]
        outgoing = connection.execute("select count(*) from outbox where state in ('queued', 'sending')").fetchone()[0]
        return int(contacts) + int(outgoing)
    finally:
        connection.close()
