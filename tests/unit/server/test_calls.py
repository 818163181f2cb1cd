"""Whose call it is that a visitor's page makes."""

import pytest

from server.calls import visitor_line
from webchat.service import Visitor


@pytest.mark.parametrize(("sealed", "session_id"), [(False, "s1"), (True, "")])
def test_a_call_beside_a_report_is_not_told_whose_chat_it_was(sealed: bool, session_id: str) -> None:
    visitor = Visitor(
        session_id="s1", language="zh-CN", topic="report", anonymous=sealed, sealed=sealed, read_by_agent=0
    )
    line = visitor_line(visitor, "w1", "12396")
    assert line.party == "web:s1"
    assert line.variables["session_id"] == session_id
