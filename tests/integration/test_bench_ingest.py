"""`axd bench ingest` measures what it says, on each channel: every item handed in comes to its end."""

import pytest

from server.bench.ingest import TENTHS, Amount, run_ingest
from server.bench.ingest_feeds import FEEDS


@pytest.mark.parametrize("channel", FEEDS)
def test_every_item_comes_to_its_end(channel: str) -> None:
    line = run_ingest(channel, Amount(seconds=0.1, items=30))
    assert line["channel"] == channel
    assert line["items"] >= 30
    assert line["items_per_s"] > 0
    assert 0 < line["p50_ms"] <= line["p99_ms"]
    assert len(line["rss_mb_by_tenth"]) == TENTHS
    assert line["rss_mb"] == line["rss_mb_by_tenth"][-1] > 10
