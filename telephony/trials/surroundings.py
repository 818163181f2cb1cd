"""The surroundings of a flow that is tried out: it speaks and asks as ever, and tells what it would do otherwise."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from kit.access import Access
from kit.unit_of_work import Database
from records.knowledge import service as knowledge
from router import store as router_store
from telephony.calls import Media
from telephony.ivr.flow import Flow
from telephony.ivr.nodes import FAILED, NEXT, OTHER, Look, Part, Say
from telephony.ivr.ports import Answer, Session
from telephony.prompts.readings import fill
from telephony.switchboard.documents import ITEM_OF
from telephony.switchboard.ports import Speaker
from telephony.switchboard.surroundings import literal
from telephony.trials.drafts import draft_or_published
from telephony.trials.panel import Panel

ANY_KEY = 1
MESSAGE_S = 20.0
RECEIPT = {"number": "20260101000017", "pin": "135790"}
FOUND = {"result": "（试听）您的事项正在办理。"}
USUAL_LANGUAGE = "zh-CN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What trials take from the house. `can_send`: whether anything could go out by a channel now."""

    database: Database
    access: Access
    speaker: Speaker
    can_send: Callable[[str], Awaitable[bool]]


class TrialSurroundings:
    """`telephony.ivr.ports.Surroundings`. `tried`: the key of the flow whose draft is walked; `hours`: as if the house
    were open or closed, "" as it is.
    """

    def __init__(self, scene: Scene, panel: Panel, tried: str, hours: str) -> None:
        self._scene, self._panel, self._tried, self._hours = scene, panel, tried, hours
        self.node: object = None

    async def sounds(self, say: Say, session: Session) -> Sequence[Media]:
        await self._panel.heard([_words(part, session) for part in say])
        return await self._scene.speaker.sounds(say, session.language, session.values)

    async def item(self, name: str, language: str) -> Sequence[Part]:
        async with self._scene.database.unit_of_work(self._scene.access, read_only=True) as uow:
            row = await knowledge.item(uow, name, language)
        return [] if row is None else [Part(text={row.language: literal(row.text)}, language=row.language)]

    async def is_open(self, calendar: str) -> bool:
        if self._hours:
            return self._hours == "open"
        async with self._scene.database.unit_of_work(self._scene.access, read_only=True) as uow:
            return (await router_store.calendars(uow))[calendar].open_state(uow.now).open_now

    async def flow(self, key: str) -> Flow | None:
        async with self._scene.database.unit_of_work(self._scene.access, read_only=True) as uow:
            return await draft_or_published(uow, key, self._tried)

    async def keep_recording(self, session: Session, name: str, limit_s: float) -> bool:
        await self._panel.would("record", name=name)
        return bool(await session.leg.collect_digits(ANY_KEY, min(limit_s, MESSAGE_S), terminator=""))

    async def confide(self, session: Session, topic: str) -> None:
        """A trial is nobody's call."""

    async def leave_message(
        self, session: Session, topic: str, limit_s: float, *, receipt: bool
    ) -> Mapping[str, str] | None:
        await self._panel.would("message", topic=topic, receipt=receipt)
        if not await session.leg.collect_digits(ANY_KEY, min(limit_s, MESSAGE_S), terminator=""):
            return None
        return RECEIPT if receipt else {}

    async def promise_callback(self, session: Session, number: str) -> bool:
        await self._panel.would("callback", number=number)
        return True

    async def send_document(self, session: Session, document: str, by: str, address: str) -> bool:
        async with self._scene.database.unit_of_work(self._scene.access, read_only=True) as uow:
            item = await knowledge.item(uow, ITEM_OF.get(document, document), session.language)
        possible = item is not None and await self._scene.can_send(by)
        await self._panel.would(
            "send", document=document, title=item.title if item else "", by=by, to=address, possible=possible
        )
        return possible

    async def fax_document(self, session: Session, document: str) -> bool:
        return await self._panel.choose("fax_here", (NEXT, FAILED), document=document) == NEXT

    async def vote(self, session: Session, poll: str, question: int, key: str) -> None:
        await self._panel.would("vote", poll=poll, question=question, key=key)

    async def use(self, session: Session, action: str, values: Mapping[str, str]) -> Answer:
        """Nothing is looked up: whoever tries it says what the answer is."""
        cases = tuple(self.node.cases) if isinstance(self.node, Look) else ()
        chosen = await self._panel.choose("use", (*cases, OTHER), action=action, values=dict(values))
        return Answer(exit=chosen, values=FOUND)


def _words(part: Part, session: Session) -> str:
    language = part.language or session.language
    text = part.text.get(language) or part.text.get(USUAL_LANGUAGE, "")
    return fill(text, session.values, language) if part.text else f"♪ {part.prompt}"
