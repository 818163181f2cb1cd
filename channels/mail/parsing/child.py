"""The child process of `sandbox`: reads mails from stdin, writes what they say to stdout, and may be killed any time.

Frames both ways: four bytes length, JSON of that length, then the bytes that the JSON announces.
"""

import contextlib
import json
import math
import os
import resource
import struct
import sys
from collections.abc import Sequence
from typing import Any, BinaryIO

from channels.mail.parsing.model import to_wire
from channels.mail.parsing.parse import parse_mail

FRAME_LENGTH = struct.Struct(">I")


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Parse until the parent closes stdin."""
    while head := source.read(FRAME_LENGTH.size):
        order: dict[str, Any] = json.loads(source.read(FRAME_LENGTH.unpack(head)[0]))
        _limit_cpu(order["cpu_s"])
        answer, files = _answer(source.read(order["size"]), with_html=order["with_html"])
        _write(sink, answer, files)


def confine(memory_bytes: int) -> None:
    """No core, no written file, no memory beyond the limit; SIGXCPU ends what computes too long."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))


def _answer(raw: bytes, *, with_html: bool) -> tuple[dict[str, Any], list[bytes]]:
    try:
        mail, files = to_wire(parse_mail(raw, with_html=with_html))
    except MemoryError:
        raise
    except Exception as error:  # whatever it is, the parent has to learn that this mail is the cause
        return {"error": f"{type(error).__name__}: {error}"[:500], "sizes": [], "memory_bytes": _memory_bytes()}, []
    sizes = [len(data) for data in files]
    return {"mail": mail, "sizes": sizes, "memory_bytes": _memory_bytes()}, files


def _limit_cpu(cpu_s: float) -> None:
    """Allow `cpu_s` seconds more than what this process has used; the kernel counts whole seconds."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    soft = math.ceil(usage.ru_utime + usage.ru_stime + cpu_s)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def _memory_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


def _write(sink: BinaryIO, answer: dict[str, Any], files: Sequence[bytes]) -> None:
    head = json.dumps(answer).encode()
    for piece in (FRAME_LENGTH.pack(len(head)), head, *files):
        sink.write(piece)
    sink.flush()


if __name__ == "__main__":
    confine(int(sys.argv[1]))
    with contextlib.suppress(BrokenPipeError):
        serve(sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb"))
