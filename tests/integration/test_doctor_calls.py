"""The doctor on calls from pages: a secure address, and a way through networks."""

import pytest

from server.doctor.finding import Verdict
from server.doctor.pages import pages
from server.settings import Settings
from server.speech import speaker

SAY = speaker("en")


@pytest.mark.parametrize(
    ("given", "verdicts"),
    [
        ({}, [Verdict.GOOD, Verdict.GOOD]),
        ({"public_url": "http://hotline.example"}, [Verdict.WRONG, Verdict.WARNING]),
        ({"host": "0.0.0.0"}, [Verdict.WARNING, Verdict.GOOD]),
        ({"public_url": "https://hotline.example"}, [Verdict.GOOD, Verdict.WARNING]),
        ({"public_url": "https://h.example", "ice_servers": "turn:127.0.0.1:3478"}, [Verdict.GOOD, Verdict.WRONG]),
        ({"public_url": "https://h.example", "ice_servers": "turn:u:p@127.0.0.1:3478"}, [Verdict.GOOD, Verdict.GOOD]),
        ({"ice_servers": "turn:u:p@127.0.0.1?transport=tcp,stun:[::1]"}, [Verdict.GOOD, Verdict.GOOD]),
        ({"ice_servers": "stun:nowhere.invalid:3478"}, [Verdict.GOOD, Verdict.GOOD, Verdict.WRONG]),
    ],
)
async def test_what_is_missing_is_named(given: dict[str, str], verdicts: list[Verdict]) -> None:
    findings = await pages(Settings(**given), SAY)  # type: ignore[arg-type]
    assert [finding.verdict for finding in findings] == verdicts
    assert all(finding.mend for finding in findings if finding.verdict is not Verdict.GOOD)
