"""No mail stalls the parser: what is too much is ended, and the next mail is read."""

from collections.abc import AsyncIterator

import pytest

from channels.adapter import MalformedInbound
from channels.mail.parsing.sandbox import MailSandbox, SandboxLimits
from tests.support.mail_samples import simple


@pytest.fixture
async def sandbox() -> AsyncIterator[MailSandbox]:
    box = MailSandbox(SandboxLimits(cpu_s=1, wall_s=10))
    yield box
    await box.close()


async def test_a_mail_comes_out_as_it_went_in(sandbox: MailSandbox) -> None:
    mail = await sandbox.parse(simple("您好", subject="咨询"))
    assert (mail.text, mail.subject) == ("您好", "咨询")


async def test_a_thousand_nested_parts_are_read_flat(sandbox: MailSandbox) -> None:
    lines = ["From: a@b.example", "Subject: nest"]
    for number in range(1_200):
        lines += [f"Content-Type: multipart/mixed; boundary=b{number}", "", f"--b{number}"]
    mail = await sandbox.parse("\n".join([*lines, "", "the words"]).encode())
    assert mail.subject == "nest"
    assert mail.defects


async def test_html_that_is_too_much_is_left_out_and_the_words_are_kept(sandbox: MailSandbox) -> None:
    attributes = " ".join(f"a{number}" for number in range(60_000))
    html = f'From: a@b.example\nContent-Type: text/html\n\n<p>words</p><div x=">" {attributes}>'
    mail = await sandbox.parse(html.encode())
    assert mail.text.startswith("words")
    assert len(mail.html) < 100


async def test_a_mail_beyond_all_limits_is_malformed_and_the_next_one_is_read() -> None:
    box = MailSandbox(SandboxLimits(wall_s=0.0001))
    with pytest.raises(MalformedInbound):
        await box.parse(simple("x"))
    await box.close()
    box = MailSandbox(SandboxLimits(memory_bytes=160_000_000))
    large = b"From: a@b.example\nContent-Type: text/plain\n\n" + b"x" * 60_000_000
    with pytest.raises(MalformedInbound):
        await box.parse(large)
    assert (await box.parse(simple("next"))).text == "next"
    await box.close()


async def test_children_are_replaced_after_their_share() -> None:
    box = MailSandbox(SandboxLimits(mails_per_child=1))
    assert [(await box.parse(simple(text))).text for text in ("one", "two")] == ["one", "two"]
    await box.close()
