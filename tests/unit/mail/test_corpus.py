"""Every sample says what its JSON says, and no sample makes the parser raise."""

import pytest

from channels.mail.parsing.parse import parse_mail
from tests.support.mail_corpus import NAMES, described, expected, sample


@pytest.mark.parametrize("name", NAMES)
def test_sample(name: str) -> None:
    assert described(parse_mail(sample(name))) == expected(name)
