"""Every sample of a chat frame or a form becomes the request that its file says."""

import pytest

from tests.support.page_corpus import NAMES, described, sample


@pytest.mark.parametrize("name", NAMES)
def test_sample(name: str) -> None:
    assert described(name) == sample(name)["expected"]
