"""No page is shown to anybody that axe finds a fault in (WCAG 2.2 AA)."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

OPTIONS = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
# What is just fading or changing its colour has the contrast of a ghost. What never rests, or for long, such as an
# offer's ring, is not waited for.
SETTLED = """() => document.getAnimations().every(
    (each) => each.playState !== 'running' || each.effect.getComputedTiming().endTime > 2000)"""


def check(page: Page) -> None:
    """Fail with what axe found, where, and what it says about mending it."""
    page.wait_for_load_state("networkidle")
    page.wait_for_function(SETTLED)
    violations = Axe().run(page, options=OPTIONS).response["violations"]
    found = [
        f"{item['id']} ({item['impact']}): {item['help']}\n"
        + "\n".join(f"    {node['html'][:200]}\n    {node['failureSummary']}" for node in item["nodes"][:5])
        for item in violations
    ]
    assert not found, f"axe on {page.url}:\n" + "\n".join(found)
