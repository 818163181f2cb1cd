"""The parts of the live feed that need no service: batches, a page's queue, who looks at what."""

import json

from desk.feed.changes import Batch, Change
from desk.feed.connection import LONGEST_QUEUE, Connection
from desk.feed.watching import FADES_S, Watching
from kit.events import Event
from tests.support.actors import actor


def event(entity: str, entity_id: str, version: int = 1, **data: object) -> Event:
    return Event(
        cursor=f"g:{version}", topic="", entity=entity, entity_id=entity_id, version=version, data=data, sealed=False
    )


def page(account_id: str = "a") -> Connection:
    opened = Connection(actor(account_id))
    opened.release([])
    return opened


def frames(connection: Connection) -> list[object]:
    found: list[object] = []
    while not connection.frames.empty():
        frame = connection.frames.get_nowait()
        found.append(json.loads(frame) if frame else None)
    return found


def change(number: int) -> Change:
    return Change(entity="contact", id=f"c{number}", version=number, data='{"status": "queued"}')


def test_a_batch_keeps_the_newest_event_of_each_entity_in_any_order() -> None:
    batch = Batch.of([event("contact", "c", 3), event("contact", "c", 2), event("offer", "c", 1)])
    assert {entity_id: one.version for entity_id, one in batch.of_entity("contact").items()} == {"c": 3}
    assert len(batch) == 2


def test_only_the_last_frame_of_what_belongs_together_moves_the_cursor() -> None:
    opened = page()
    opened.tell([change(1), change(2), change(3)], before="g:1", after="g:9")
    told = frames(opened)
    assert [frame["cursor"] for frame in told if isinstance(frame, dict)] == ["g:1", "g:1", "g:9"]
    assert told[0] == {
        "type": "event", "cursor": "g:1", "entity": "contact", "id": "c1", "version": 1, "data": {"status": "queued"},
    }  # fmt: skip


def test_what_came_in_while_a_page_caught_up_follows_what_it_missed() -> None:
    opened = Connection(actor())
    opened.push('{"live": 1}')
    assert opened.frames.empty()
    opened.release(['{"missed": 1}'])
    opened.push('{"live": 2}')
    assert frames(opened) == [{"missed": 1}, {"live": 1}, {"live": 2}]


def test_a_page_too_slow_is_ended_rather_than_waited_for() -> None:
    opened = page()
    for _ in range(LONGEST_QUEUE + 1):
        opened.push("{}")
    assert frames(opened) == [None]


def test_a_hidden_contact_is_told_once_until_it_is_shown_again() -> None:
    opened = page()
    assert [opened.hides("c"), opened.hides("c")] == [True, False]
    opened.shows("c")
    assert opened.hides("c")


def test_who_looks_is_told_to_the_others_who_look_and_fades() -> None:
    now = [0.0]
    watching = Watching(lambda: now[0])
    mine, theirs, elsewhere = page("me"), page("you"), page("third")
    mine.viewing = theirs.viewing = "c"
    pages = [mine, theirs, elsewhere]
    assert watching.hear(event("viewing", "c", account_id="me", name="苏敏", on=True), pages) == [mine, theirs]
    assert watching.hear(event("viewing", "c", account_id="me", name="苏敏", on=True), pages) == []
    watching.hear(event("viewing", "c", account_id="you", name="周洁", on=True), pages)
    assert watching.names("c", but="me") == ["周洁"]
    now[0] = FADES_S + 1
    assert watching.names("c", but="me") == []
    watching.hear(event("viewing", "c", account_id="you", name="周洁", on=False), pages)
    assert json.loads(watching.frame("c", "me"))["names"] == []
