"""Whose wrong PINs are counted together on the telephone."""

from server.telephone import guesser


def test_who_withholds_the_number_gets_no_new_guesses_by_calling_again() -> None:
    first, again = ({"line": "web", "session_id": name} for name in ("s1", "s2"))
    assert guesser("", first) == guesser("", again)
    assert guesser("", {"line": "t1"}) != guesser("", first), "one line locks no other"
    assert guesser("+8613800138000", first) == "+8613800138000"
