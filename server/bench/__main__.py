"""`axd bench …`."""

from server.bench.cli import bench

bench(prog_name="axd bench")
