"""`axd bench ingest` measures what it says, on each channel: every item handed in comes to its end."""

import pytest

from server.bench.ingest import run_ingest
from server.bench.ingest_feeds import FEEDS


@pytest.mark.parametrize("channel", FEEDS)
def test_every_item_comes_to_its_end(channel: str) -> None:
    line = run_ingest(channel, 0.1)
    assert line["channel"] == channel
    assert line["items"] > 0
    assert line["items_per_s"] > 0
    assert 0 < line["p50_ms"] <= line["p99_ms"]
    assert line["rss_mb"] > 10
