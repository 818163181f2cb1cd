"""`axd web`: the HTTP and WebSocket side, for citizens and staff."""

import uvicorn

from kit.logs import configure_logs
from server.app import create_app
from server.settings import read_settings
from server.tuning import be_quick

LARGEST_FRAME_BYTES = 256 * 1024


def main() -> None:
    """Serve until SIGTERM or Ctrl-C; open streams are cut after the graceful-shutdown time-out."""
    settings = read_settings()
    configure_logs(settings.log_level.upper())
    app = create_app(settings)
    be_quick()
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


if __name__ == "__main__":
    main()
