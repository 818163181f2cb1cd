"""The kinds of node that an IVR flow is made of.

Each kind knows its exits: what can come out of it, and the node that each leads to. An exit named by `pressed()` needs
a key of the caller; the others are taken by themselves. A node without exits ends the flow.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

NodeKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Name = NodeKey
Key = Literal["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#"]

NEXT, SILENCE, INVALID, FAILED, OTHER = "next", "silence", "invalid", "failed", "other"
REPEAT = "repeat"
"""As the target of a key: say the menu again."""


class Part(BaseModel):
    """Something to hear: a recorded prompt by its key, or a text by language with `{variables}`.

    `{name:digits}` is read digit by digit in groups; `{name:date}`, `{name:money}` and `{name:number}` as such.
    `language`: this part is said in that language whatever the caller chose.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: dict[str, str] = Field(default_factory=dict)
    prompt: str = Field(default="", max_length=80)
    language: str = Field(default="", max_length=16)

    @model_validator(mode="after")
    def _says_something(self) -> "Part":
        if bool(self.text) == bool(self.prompt):
            raise ValueError("a part is either a text or a prompt")
        return self


Say = tuple[Part, ...]


class Node(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    note: str = Field(default="", max_length=200)

    def exits(self) -> Mapping[str, str]:
        return {}

    def pressed(self) -> frozenset[str]:
        return frozenset()

    def says(self) -> tuple[Say, ...]:
        """Everything that the node may let the caller hear."""
        return (getattr(self, "say", ()),)


class Onward(Node):
    """A node with one way on."""

    next: NodeKey

    def exits(self) -> Mapping[str, str]:
        return {NEXT: self.next}


class Answer(Onward):
    kind: Literal["answer"] = "answer"


class Play(Onward):
    """`interruptible`: a key ends it, and counts for what follows."""

    kind: Literal["play"] = "play"
    say: Say
    interruptible: bool = True


class Menu(Node):
    """One key. A wrong one is told by `wrong_say` and asked again, `tries` times in all; then `on_invalid`."""

    kind: Literal["menu"] = "menu"
    say: Say
    choices: dict[Key, NodeKey]
    timeout_s: float = Field(default=5.0, gt=0, le=60)
    tries: int = Field(default=3, ge=1, le=9)
    wrong_say: Say = ()
    on_silence: NodeKey
    on_invalid: NodeKey
    records: Name | None = Field(default=None, description="variable that keeps the key")

    def exits(self) -> Mapping[str, str]:
        ways: dict[str, str] = {key: target for key, target in self.choices.items() if target != REPEAT}
        return {**ways, SILENCE: self.on_silence, INVALID: self.on_invalid}

    def pressed(self) -> frozenset[str]:
        return frozenset(self.choices) | {INVALID}

    def says(self) -> tuple[Say, ...]:
        return (self.say, self.wrong_say)


class Digits(Node):
    """Up to `limit` digits into `variable`; fewer than `least` are wrong."""

    kind: Literal["digits"] = "digits"
    say: Say
    variable: Name
    least: int = Field(default=1, ge=1, le=40)
    limit: int = Field(ge=1, le=40)
    timeout_s: float = Field(default=8.0, gt=0, le=60)
    tries: int = Field(default=3, ge=1, le=9)
    secret: bool = Field(default=False, description="a PIN: never stored")
    wrong_say: Say = ()
    next: NodeKey
    on_silence: NodeKey
    on_invalid: NodeKey

    def exits(self) -> Mapping[str, str]:
        return {NEXT: self.next, SILENCE: self.on_silence, INVALID: self.on_invalid}

    def pressed(self) -> frozenset[str]:
        return frozenset({NEXT, INVALID})

    def says(self) -> tuple[Say, ...]:
        return (self.say, self.wrong_say)


class Branch(Node):
    """By a value: `variable`, `language`, `caller`, `dialled`, `line`, or `hours` of a calendar (open, closed)."""

    kind: Literal["branch"] = "branch"
    by: Literal["variable", "language", "caller", "dialled", "line", "hours"]
    name: str = Field(default="", max_length=40, description="variable, or calendar (hotline, bureau)")
    cases: dict[str, NodeKey]
    otherwise: NodeKey

    def exits(self) -> Mapping[str, str]:
        return {**self.cases, OTHER: self.otherwise}


class Language(Onward):
    """From here on the caller hears this language, and an agent must speak it."""

    kind: Literal["language"] = "language"
    language: str = Field(max_length=16)


class Jump(Node):
    """Goes on at the start of another flow of the workspace, or at a node of this one."""

    kind: Literal["jump"] = "jump"
    flow: NodeKey | None = None
    node: NodeKey | None = None

    def exits(self) -> Mapping[str, str]:
        return {NEXT: self.node} if self.node and not self.flow else {}


class Record(Node):
    """Records until a key, a long silence, hang-up or `limit_s`; kept with the call under `name`."""

    kind: Literal["record"] = "record"
    say: Say
    name: Name
    limit_s: float = Field(default=180.0, gt=0, le=900)
    next: NodeKey

    def exits(self) -> Mapping[str, str]:
        return {NEXT: self.next}


class Queue(Node):
    """Waits for an agent. The rules decide where, by `topic`; `queue` names one by its key instead.

    `on_message`, `on_callback`: where the keys for a message and a call-back lead.
    """

    kind: Literal["queue"] = "queue"
    say: Say = ()
    topic: str = Field(default="", max_length=40)
    queue: str = Field(default="", max_length=40)
    on_message: NodeKey | None = None
    on_callback: NodeKey | None = None

    def exits(self) -> Mapping[str, str]:
        ways = {"message": self.on_message, "callback": self.on_callback}
        return {name: target for name, target in ways.items() if target}

    def pressed(self) -> frozenset[str]:
        return frozenset({"message", "callback"})


class Voicemail(Node):
    """A recorded message that becomes a contact of its own, by rules under `topic`, with a receipt where it has one."""

    kind: Literal["voicemail"] = "voicemail"
    say: Say
    topic: str = Field(max_length=40)
    limit_s: float = Field(default=180.0, gt=0, le=900)
    gives_receipt: bool = False
    next: NodeKey
    on_silence: NodeKey

    def exits(self) -> Mapping[str, str]:
        return {NEXT: self.next, SILENCE: self.on_silence}


class Callback(Node):
    """Promises a call-back to the caller's number, or to the one in `number`; the place in the queue is kept."""

    kind: Literal["callback"] = "callback"
    number: Name | None = None
    next: NodeKey
    on_failed: NodeKey

    def exits(self) -> Mapping[str, str]:
        return {NEXT: self.next, FAILED: self.on_failed}


class Transfer(Node):
    """To an extension or an outside number, without a queue; `on_failed` where nobody answers."""

    kind: Literal["transfer"] = "transfer"
    say: Say = ()
    to: str = Field(pattern=r"^(extension:)?\+?[0-9]{2,18}$")
    timeout_s: float = Field(default=20.0, gt=0, le=120)
    on_failed: NodeKey

    def exits(self) -> Mapping[str, str]:
        return {FAILED: self.on_failed}


class Information(Onward):
    """Reads a knowledge item."""

    kind: Literal["information"] = "information"
    item: Name


class Send(Node):
    """A document by fax, mail or text message to the caller's number, or to the one in `number`.

    By mail it goes to where the citizen is known to read it; with `number` and `domain` to digits@domain. `here`: a
    fax on this call, which ends with it; `on_failed` then where nothing could be sent.
    """

    kind: Literal["send"] = "send"
    document: Name
    by: Literal["fax", "mail", "sms"]
    number: Name | None = None
    domain: str = Field(default="", pattern=r"^([a-z0-9-]+(\.[a-z0-9-]+)+)?$", max_length=80)
    here: bool = False
    next: NodeKey
    on_failed: NodeKey

    @model_validator(mode="after")
    def _has_a_way(self) -> "Send":
        if self.here and self.by != "fax":
            raise ValueError("only a fax goes out on the call itself")
        if self.by == "mail" and bool(self.number) != bool(self.domain):
            raise ValueError("digits are a mail address together with a domain only")
        return self

    def exits(self) -> Mapping[str, str]:
        return {NEXT: self.next, FAILED: self.on_failed}


class Survey(Node):
    """One question of a poll; each valid key counts once."""

    kind: Literal["survey"] = "survey"
    poll: Name
    question: int = Field(default=1, ge=1)
    say: Say
    keys: tuple[Key, ...] = Field(min_length=1)
    timeout_s: float = Field(default=8.0, gt=0, le=60)
    next: NodeKey

    def exits(self) -> Mapping[str, str]:
        return {NEXT: self.next}


class Look(Node):
    """Asks or changes data by a named use case with the variables in `uses`; each of its answers has its case."""

    kind: Literal["data"] = "data"
    action: Name
    uses: tuple[Name, ...] = ()
    cases: dict[str, NodeKey]
    otherwise: NodeKey

    def exits(self) -> Mapping[str, str]:
        return {**self.cases, OTHER: self.otherwise}


class Fax(Node):
    """Receives a fax on this call."""

    kind: Literal["fax"] = "fax"
    say: Say = ()


class HangUp(Node):
    kind: Literal["hang_up"] = "hang_up"
    say: Say = ()


AnyNode = Annotated[
    Answer
    | Play
    | Menu
    | Digits
    | Branch
    | Language
    | Jump
    | Record
    | Queue
    | Voicemail
    | Callback
    | Transfer
    | Information
    | Send
    | Survey
    | Look
    | Fax
    | HangUp,
    Field(discriminator="kind"),
]
