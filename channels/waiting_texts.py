"""What those who wait are told, in the workspace's words: spoken part by part, or written as one line of the chat."""

from collections.abc import Sequence

from channels import automatic_texts
from kit.unit_of_work import UnitOfWork
from router.contact import Channel
from router.results import Standing
from telephony.ivr.nodes import Part, Say
from webchat.availability import whole_minutes
from webchat.catalogue import Translator


async def spoken(uow: UnitOfWork, keys: Sequence[str], language: str) -> Say:
    """The texts of `keys` in their order; the speaker fills in their places."""
    tongue = automatic_texts.language_of(language)
    texts = [(await automatic_texts.words(uow, key, Channel.VOICE, tongue)).text for key in keys]
    return tuple(Part(text={tongue: text}, language=tongue) for text in texts)


async def written(uow: UnitOfWork, standing: Standing | None, language: str) -> str:
    """Place and expected wait as far as they are known. `standing` None: an agent is being asked to take it."""
    tongue = automatic_texts.language_of(language)

    async def say(key: str, **figures: int) -> str:
        return (await automatic_texts.words(uow, key, Channel.CHAT, tongue)).text.format(**figures)

    if standing is None:
        return await say("waiting_offered")
    if standing.position is None:
        return await say("waiting_unknown")
    ahead, wait = standing.position - 1, standing.wait
    place = await (say("waiting_place", ahead=ahead) if ahead > 0 else say("waiting_next"))
    if wait is None:
        return place
    low, high = whole_minutes(wait.low_s, wait.high_s)
    time = await (say("waiting_soon") if wait.high_s < 60 else say("waiting_range", ahead=ahead, low=low, high=high))
    return f"{place}{Translator(tongue).separator}{time}"
