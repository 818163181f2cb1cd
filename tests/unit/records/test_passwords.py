import pytest
from argon2 import PasswordHasher, extract_parameters

from kit.errors import Invalid
from records.staff import passwords


async def test_a_password_matches_its_own_hash_only() -> None:
    kept = await passwords.hash_password("correct horse")
    assert await passwords.matches(kept, "correct horse")
    assert not await passwords.matches(kept, "correct house")
    assert not await passwords.matches("not a hash", "correct horse")


async def test_an_unknown_login_costs_what_a_known_one_costs() -> None:
    known = await passwords.hash_password("anything")
    assert extract_parameters(passwords.UNKNOWN) == extract_parameters(known)
    assert extract_parameters(known).memory_cost >= PasswordHasher().memory_cost
    assert not await passwords.matches(passwords.UNKNOWN, "anything")


def test_one_time_passwords_differ_and_are_strong_enough_themselves() -> None:
    made = {passwords.one_time_password() for _ in range(100)}
    assert len(made) == 100
    for password in made:
        passwords.require_strength(password, "admin")


@pytest.mark.parametrize("weak", ["short", "aaaaaaaaaaaaaa", "1212121212", "xx-Sumin-xx-1"])
def test_weak_passwords_are_refused(weak: str) -> None:
    with pytest.raises(Invalid) as refused:
        passwords.require_strength(weak, "sumin")
    assert refused.value.code == "weak_password"
