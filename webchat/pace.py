"""How much one socket may do in a minute."""

import time
from collections import deque
from collections.abc import Callable

WINDOW_S = 60.0


class Pace:
    """At most `limit` in any minute. `clock` in seconds, monotonic."""

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._times: deque[float] = deque()

    def keeps(self) -> bool:
        """Count one more; False when it is one too many, which does not count."""
        now = self._clock()
        while self._times and self._times[0] < now - WINDOW_S:
            self._times.popleft()
        if len(self._times) >= self._limit:
            return False
        self._times.append(now)
        return True
