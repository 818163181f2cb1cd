"""Where a request comes from, for everything that is counted by source."""

import ipaddress

from starlette.requests import HTTPConnection

LONGEST_NAME_CHARS = 64


def source_of(connection: HTTPConnection) -> str:
    """The address, or the /64 of an IPv6 one, of which every subscriber has 2^64. Empty when unknown."""
    host = connection.client.host if connection.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host[:LONGEST_NAME_CHARS]
    return host if address.version == 4 else str(ipaddress.ip_network(f"{host}/64", strict=False))
