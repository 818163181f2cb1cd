"""What a process that answers people sets in the interpreter, once everything is imported."""

import gc
import sys

HAND_OVER_S = 0.0005


def be_quick() -> None:
    """Short waits rather than most work a second.

    A full collection walks all that was imported and holds up every socket: leave that out, and come less often. And a
    thread that comes back from the disk must not wait the usual 5 ms until the loop's thread lets it go on.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(2_000, 50, 100)
    sys.setswitchinterval(HAND_OVER_S)
