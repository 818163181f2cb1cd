"""The nodes of the followed flow that an agent may send a citizen to, and how a way through it reads. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from desk.schemas.calls import MenuView, StepView
from telephony.ivr.flow import Flow
from telephony.ivr.nodes import AnyNode, Branch, Digits, Information, Menu, Survey, Voicemail

ENTERED = (Menu, Digits, Information, Voicemail)
"""A citizen can begin here: nothing that an earlier node would have asked is missing."""
SILENT = frozenset({"answer", "branch", "language", "jump"})
MOST_CHARS = 80

Titles = Mapping[str, str]
"""Of knowledge items, by key."""


def menus(flow: Flow, language: str, titles: Titles, *, sealed: bool) -> list[MenuView]:
    """What stands behind a key or at the beginning; the question after a call first, and never about a report."""
    offered = [key for key in _places(flow) if not (sealed and isinstance(flow.nodes[key], Survey))]
    return [_view(key, flow.nodes[key], language, titles) for key in offered]


def _places(flow: Flow) -> Iterator[str]:
    if flow.after_call:
        yield flow.after_call
    targets = {
        target
        for node in flow.nodes.values()
        if isinstance(node, Menu | Branch)
        for target in node.exits().values()
        if isinstance(flow.nodes[target], ENTERED)
    }
    surveys = {key for key, node in flow.nodes.items() if isinstance(node, Survey)}
    yield from (key for key in flow.nodes if key in targets | surveys and key != flow.after_call)


def _view(key: str, node: AnyNode, language: str, titles: Titles) -> MenuView:
    return MenuView(key=key, kind=node.kind, text=_text(node, language, titles))


def _text(node: AnyNode, language: str, titles: Titles) -> str:
    """What a person calls the node: its note, the item's title, or how what it says begins."""
    if node.note:
        return node.note
    if isinstance(node, Information):
        return titles.get(node.item, node.item)
    for part in getattr(node, "say", ()):
        text: str = part.text.get(language) or part.text.get("zh-CN") or part.prompt
        return text.replace("{name}", "")[:MOST_CHARS]
    return ""


def steps(path: Sequence[Mapping[str, str]], flow: Flow, language: str, titles: Titles) -> list[StepView]:
    """A way as people tell it: what passes by itself is left out; nodes that are gone keep their key."""
    found = []
    for step in path:
        node = flow.nodes.get(step["node"])
        if node is not None and node.kind in SILENT:
            continue
        found.append(
            StepView(
                node=step["node"],
                kind=node.kind if node else "",
                text=_text(node, language, titles) if node else step["node"],
                exit=step["exit"],
                keys=step.get("keys", ""),
            )
        )
    return found
