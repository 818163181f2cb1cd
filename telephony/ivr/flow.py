"""A flow: named nodes from a start. What is wrong with one, and every way through one."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from enum import StrEnum
from string import Formatter

from pydantic import BaseModel, ConfigDict, Field

from telephony.ivr.nodes import (
    REPEAT,
    AnyNode,
    Branch,
    HangUp,
    Information,
    Jump,
    Look,
    Menu,
    Node,
    NodeKey,
    Queue,
    Send,
)

MOST_PATHS = 20_000
CALENDARS = frozenset({"hotline", "bureau"})
FORMS = frozenset({"", "digits", "date", "money", "number"})


class Flow(BaseModel):
    """`fax`: where a fax tone leads, at any time. `after_call`: what the caller hears once the agent is done."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: NodeKey
    nodes: dict[NodeKey, AnyNode] = Field(min_length=1, max_length=400)
    fax: NodeKey | None = None
    after_call: NodeKey | None = None

    def entries(self) -> tuple[str, ...]:
        return tuple(key for key in (self.start, self.fax, self.after_call) if key)


class Trouble(StrEnum):
    UNKNOWN_TARGET = "unknown_target"
    DEAD_END = "dead_end"
    ENDLESS_LOOP = "endless_loop"
    UNREACHABLE = "unreachable"
    UNKNOWN_NAME = "unknown_name"
    MISSING_TEXT = "missing_text"
    TOO_MANY_PATHS = "too_many_paths"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """`node` is the place; `detail` names what it concerns: a target, a variable, a language, the nodes of a loop."""

    node: str
    code: Trouble
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What nodes may name. None: not looked at."""

    queues: Set[str] | None = None
    flows: Set[str] | None = None
    prompts: Set[str] | None = None
    items: Set[str] | None = None
    documents: Set[str] | None = None
    actions: Set[str] | None = None


NOTHING_KNOWN = Known()


@dataclass(frozen=True, slots=True)
class Hop:
    node: str
    exit: str


Path = tuple[Hop, ...]


def problems(flow: Flow, known: Known = NOTHING_KNOWN) -> list[Problem]:
    """Everything that keeps a flow from being published, each with its place; empty when it may be."""
    found = list(_unknown_targets(flow))
    if found:
        return found
    reached = _reached(flow, flow.entries())
    found += [Problem(node=key, code=Trouble.UNREACHABLE) for key in flow.nodes if key not in reached]
    found += _dead_ends(flow, reached)
    found += _endless_loops(flow)
    for key, node in flow.nodes.items():
        found += _names(key, node, known)
        found += _texts(key, node, known)
    return found or _countless(flow)


def walk(flow: Flow, start: str | None = None) -> Iterator[Path]:
    """Every path from the start to an end, each node at most once: a way back to a node it came from ends it there."""
    stack: list[tuple[str, Path]] = [(start or flow.start, ())]
    while stack:
        key, path = stack.pop()
        exits = flow.nodes[key].exits()
        been = {hop.node for hop in path} | {key}
        if not exits or isinstance(flow.nodes[key], Queue):
            yield (*path, Hop(key, ""))
        for name, target in reversed(list(exits.items())):
            further = (*path, Hop(key, name))
            if target in been:
                yield further
            else:
                stack.append((target, further))


def _unknown_targets(flow: Flow) -> Iterator[Problem]:
    for entry in flow.entries():
        if entry not in flow.nodes:
            yield Problem(node=entry, code=Trouble.UNKNOWN_TARGET, detail=entry)
    for key, node in flow.nodes.items():
        for target in node.exits().values():
            if target not in flow.nodes:
                yield Problem(node=key, code=Trouble.UNKNOWN_TARGET, detail=target)


def _reached(flow: Flow, entries: tuple[str, ...]) -> set[str]:
    found, waiting = set(entries), list(entries)
    while waiting:
        for target in flow.nodes[waiting.pop()].exits().values():
            if target not in found:
                found.add(target)
                waiting.append(target)
    return found


def _dead_ends(flow: Flow, reached: Set[str]) -> list[Problem]:
    """Nodes from which no way leads to an end: the caller would go round until he hangs up."""
    ending = {key for key, node in flow.nodes.items() if _ends(node)}
    while True:
        more = {key for key, node in flow.nodes.items() if ending & set(node.exits().values())} - ending
        if not more:
            break
        ending |= more
    found = [Problem(node=key, code=Trouble.DEAD_END) for key in flow.nodes if key in reached and key not in ending]
    jumps = [(key, node) for key, node in flow.nodes.items() if isinstance(node, Jump)]
    return found + [Problem(node=key, code=Trouble.DEAD_END) for key, node in jumps if not node.flow and not node.node]


def _ends(node: Node) -> bool:
    return isinstance(node, Queue) or not node.exits()


def _endless_loops(flow: Flow) -> list[Problem]:
    """Rings of exits that no key is needed for: with nobody at the other end they would never stop."""
    alone = {
        key: [target for name, target in node.exits().items() if name not in node.pressed()]
        for key, node in flow.nodes.items()
    }
    found, done = [], set[str]()
    for start in flow.nodes:
        ring = _ring(alone, start, done)
        if ring:
            found.append(Problem(node=ring[0], code=Trouble.ENDLESS_LOOP, detail=" > ".join(ring)))
            done |= set(ring)
    return found


def _ring(ways: Mapping[str, list[str]], start: str, done: Set[str]) -> list[str]:
    """A ring through `start`, as the nodes along it; empty when there is none."""
    if start in done:
        return []
    before: dict[str, str] = {}
    waiting = [start]
    while waiting:
        key = waiting.pop()
        for target in ways[key]:
            if target == start:
                ring = [key]
                while ring[-1] != start:
                    ring.append(before[ring[-1]])
                return ring[::-1]
            if target not in before:
                before[target] = key
                waiting.append(target)
    return []


def _names(key: str, node: AnyNode, known: Known) -> Iterator[Problem]:
    wanted: list[tuple[str, Set[str] | None]] = []
    if isinstance(node, Queue) and node.queue:
        wanted.append((node.queue, known.queues))
    if isinstance(node, Jump) and node.flow:
        wanted.append((node.flow, known.flows))
    if isinstance(node, Information):
        wanted.append((node.item, known.items))
    if isinstance(node, Send):
        wanted.append((node.document, known.documents))
    if isinstance(node, Look):
        wanted.append((node.action, known.actions))
    if isinstance(node, Branch) and node.by == "hours":
        wanted.append((node.name, CALENDARS))
    wanted += [(part.prompt, known.prompts) for say in node.says() for part in say if part.prompt]
    for name, names in wanted:
        if names is not None and name not in names:
            yield Problem(node=key, code=Trouble.UNKNOWN_NAME, detail=name)


def _texts(key: str, node: AnyNode, known: Known) -> Iterator[Problem]:
    for say in node.says():
        for part in say:
            for text in part.text.values():
                yield from _placeholders(key, text)
            if part.text and "zh-CN" not in part.text and not part.language:
                yield Problem(node=key, code=Trouble.MISSING_TEXT, detail="zh-CN")
    needs = not isinstance(node, HangUp | Queue) and "say" in type(node).model_fields
    if needs and type(node).model_fields["say"].is_required() and not node.says()[0]:
        yield Problem(node=key, code=Trouble.MISSING_TEXT)
    if isinstance(node, Menu) and not set(node.exits()) - {"silence", "invalid"}:
        yield Problem(node=key, code=Trouble.DEAD_END, detail=REPEAT)


def _placeholders(key: str, text: str) -> Iterator[Problem]:
    try:
        for _, name, form, _ in Formatter().parse(text):
            if name is not None and (not name.isidentifier() or (form or "") not in FORMS):
                yield Problem(node=key, code=Trouble.UNKNOWN_NAME, detail=f"{{{name}:{form}}}" if form else name)
    except ValueError:
        yield Problem(node=key, code=Trouble.UNKNOWN_NAME, detail=text[:80])


def _countless(flow: Flow) -> list[Problem]:
    for count, _ in enumerate(walk(flow), 1):
        if count > MOST_PATHS:
            return [Problem(node=flow.start, code=Trouble.TOO_MANY_PATHS, detail=str(MOST_PATHS))]
    return []
