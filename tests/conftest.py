"""For all tests: examples are drawn without a deadline, and a failing one is made small but not explained.

Both cost minutes where an example drives a real database on a busy machine.
"""

import pytest
from hypothesis import Phase, settings

settings.register_profile(
    "axd",
    parent=settings.get_profile(settings.get_current_profile_name()),
    deadline=None,
    phases=[phase for phase in Phase if phase is not Phase.explain],
)
settings.load_profile("axd")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Chromium comes last, however pytest groups tests by their fixtures: Playwright keeps an event loop for itself."""
    items.sort(key=lambda item: item.path.parent.name == "e2e")
