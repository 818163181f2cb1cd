"""ICE servers as operators write them."""

import pytest

from telephony.phones import read_ice_servers


@pytest.mark.parametrize(
    ("text", "servers"),
    [
        ("", []),
        ("stun:stun.example:3478", [{"urls": ["stun:stun.example:3478"]}]),
        (
            "stun:a.example, turn:user:se:cret@b.example:3478?transport=tcp",
            [
                {"urls": ["stun:a.example"]},
                {"urls": ["turn:b.example:3478?transport=tcp"], "username": "user", "credential": "se:cret"},
            ],
        ),
        ('[{"urls": "turns:c.example", "username": "u", "credential": "p"}]',
         [{"urls": ["turns:c.example"], "username": "u", "credential": "p"}]),
    ],
)  # fmt: skip
def test_both_forms_give_what_browsers_take(text: str, servers: list[dict[str, object]]) -> None:
    assert [server.as_json() for server in read_ice_servers(text)] == servers


@pytest.mark.parametrize("text", ["stun.example:3478", "http://a.example", "[1]", "[{}]", "[", '[{"urls": []}]'])
def test_what_is_no_server_is_refused_without_repeating_a_secret(text: str) -> None:
    with pytest.raises(ValueError, match="ICE server"):
        read_ice_servers(text)
