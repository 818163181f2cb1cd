"""What a citizens' page is given for a call through Asterisk."""

from dataclasses import replace
from pathlib import Path

from server.asterisk import passes
from server.calls import issue_pass
from server.settings import Settings
from server.wiring import build
from telephony.asterisk.settings import AsteriskSettings
from telephony.web_pass import WebPass
from webchat.service import Visitor

VISITOR = Visitor(session_id="s1", language="zh-CN", topic="inquiry", anonymous=False, sealed=False, read_by_agent=0)


def settings_in(folder: Path, **more: object) -> Settings:
    asterisk = AsteriskSettings(shared_dir=folder, websocket_url="wss://hotline.example:8443/ws")
    return Settings.model_validate({"data_dir": folder, "secret_key": "k" * 40, "asterisk": asterisk, **more})


async def test_the_pass_names_the_chat_of_an_inquiry_and_never_that_of_a_report(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    services = build(settings)
    issue = issue_pass(services)
    assert issue is not None
    given = issue(VISITOR, "en")
    assert (given.url, given.uri) == ("wss://hotline.example:8443/ws", "sip:web@hotline.example")
    dialled = settings.citizens.site.phone_digits
    reader = passes(settings)
    assert reader.read(given.call_pass) == WebPass(visitor="s1", session="s1", dialled=dialled, language="en")
    confidential = reader.read(issue(replace(VISITOR, sealed=True), "en").call_pass)
    assert confidential is not None
    assert confidential.session == ""
    assert services.phones.sip_origin == "wss://hotline.example:8443"
    await services.close()


async def test_without_asterisk_there_is_no_pass(tmp_path: Path) -> None:
    services = build(settings_in(tmp_path, call_engine="embedded"))
    assert issue_pass(services) is None
    assert services.phones.sip_origin == ""
    await services.close()
