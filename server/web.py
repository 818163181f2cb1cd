"""`axd web`: the HTTP and WebSocket side, for citizens and staff."""

import gc

import uvicorn

from kit.logs import configure_logs
from server.app import create_app
from server.settings import read_settings

LARGEST_FRAME_BYTES = 256 * 1024


def main() -> None:
    """Serve until SIGTERM or Ctrl-C; open streams are cut after the graceful-shutdown time-out."""
    settings = read_settings()
    configure_logs(settings.log_level.upper())
    app = create_app(settings)
    _spare_the_collector()
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        forwarded_allow_ips=settings.trusted_proxies,
        ws_max_size=LARGEST_FRAME_BYTES,
        timeout_graceful_shutdown=settings.graceful_shutdown_s,
    )


def _spare_the_collector() -> None:
    """A full collection walks all that was imported and holds up every socket: leave that out, and come less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


if __name__ == "__main__":
    main()
