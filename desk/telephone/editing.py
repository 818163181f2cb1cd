"""What the flow editor needs beside the flows: what a draft lacks and where, which names there are, polls."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select

from desk.schemas.telephone import FlowNamesView, PollView, ProblemView
from kit.unit_of_work import UnitOfWork
from records.knowledge import service as knowledge
from telephony.ivr.flow import Flow, problems
from telephony.ivr.nodes import Survey
from telephony.switchboard import flows
from telephony.tables import FlowRow

NODES = "nodes"


async def faults(uow: UnitOfWork, draft: Mapping[str, Any]) -> list[ProblemView]:
    """All that keeps a draft from being published. Of `invalid_flow`, `detail` is the field within the node."""
    try:
        flow = Flow.model_validate(draft)
    except ValidationError as error:
        places = dict.fromkeys(_place(item["loc"]) for item in error.errors())
        return [ProblemView(node=node, code="invalid_flow", detail=field) for node, field in places]
    found = problems(flow, await flows.known(uow))
    return [ProblemView(node=item.node, code=item.code, detail=item.detail) for item in found]


def _place(loc: tuple[int | str, ...]) -> tuple[str, str]:
    """Node and field of an error at `nodes.<node>.<kind>.<field>`, or of the flow itself."""
    words = [str(word) for word in loc]
    if words[0] != NODES or len(words) == 1:
        return "", ".".join(words)
    return words[1], ".".join(words[3:])


async def names(uow: UnitOfWork) -> FlowNamesView:
    """What nodes may name in this workspace."""
    known = await flows.known(uow)
    return FlowNamesView(
        queues=sorted(known.queues or ()),
        flows=sorted(known.flows or ()),
        prompts=sorted(known.prompts or ()),
        items=sorted(known.items or ()),
        documents=sorted(known.documents or ()),
        actions=sorted(known.actions or ()),
    )


async def polls(uow: UnitOfWork) -> list[PollView]:
    """Every question that a published flow asks, with its tally."""
    found: dict[tuple[str, int], PollView] = {}
    for key in await uow.session.scalars(select(FlowRow.key).order_by(FlowRow.key)):
        current = await flows.published(uow, key)
        for node_key, node in current[0].nodes.items() if current else ():
            if isinstance(node, Survey) and (node.poll, node.question) not in found:
                found[node.poll, node.question] = await _poll(uow, key, node_key, node)
    return list(found.values())


async def _poll(uow: UnitOfWork, flow: str, node_key: str, node: Survey) -> PollView:
    languages = dict.fromkeys(language for part in node.say for language in part.text)
    return PollView(
        flow=flow,
        node=node_key,
        poll=node.poll,
        question=node.question,
        words={language: "".join(part.text.get(language, "") for part in node.say) for language in languages},
        keys=list(node.keys),
        votes=dict(await knowledge.tally(uow, node.poll, node.question)),
    )
