"""The vault: what is sealed opens only with its key and in its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from bot import schema
from bot.config_values import decode_keys
from bot.db import Database
from bot.errors import SetupError
from bot.models import Meta
from bot.vault import Vault, key_id, new_key

OLD, NEW = (decode_keys(new_key())[0] for _ in range(2))
HERE = "person|name|0190"


@given(st.text())
def test_any_text_comes_back(text: str) -> None:
    vault = Vault([NEW])
    sealed = vault.seal(text, HERE)
    assert vault.open(sealed, HERE) == text
    assert len(text) < 4 or text.encode("utf-8", "surrogatepass") not in sealed


def test_half_a_surrogate_pair_comes_back_too() -> None:
    vault = Vault([NEW])
    assert vault.open(vault.seal("\ud83d", HERE), HERE) == "\ud83d"


def test_json_comes_back() -> None:
    vault = Vault([NEW])
    value = {"texts": ["me voy a matar", "🙂"], "level": 3, "none": None}
    assert vault.open_json(vault.seal_json(value, HERE), HERE) == value


def test_the_same_text_is_never_sealed_the_same_way() -> None:
    vault = Vault([NEW])
    assert len({vault.seal("Ana", HERE) for _ in range(100)}) == 100


@pytest.mark.parametrize("there", ["person|name|0191", "person|phone|0190", "patient|name|0190", ""])
def test_a_value_that_was_moved_does_not_open(there: str) -> None:
    vault = Vault([NEW])
    with pytest.raises(SetupError, match="changed or moved") as refused:
        vault.open(vault.seal("Ana", HERE), there)
    assert "Ana" not in str(refused.value)


def test_a_value_in_which_any_byte_was_changed_does_not_open() -> None:
    vault = Vault([NEW])
    sealed = vault.seal("Ana", HERE)
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(SetupError):
            vault.open(bytes(changed), HERE)
    for length in range(len(sealed)):
        with pytest.raises(SetupError):
            vault.open(sealed[:length], HERE)


def test_after_a_rotation_old_values_open_and_new_ones_need_the_new_key() -> None:
    before = Vault([OLD]).seal("Ana", HERE)
    both = Vault([NEW, OLD])
    assert both.open(before, HERE) == "Ana"
    with pytest.raises(SetupError, match=key_id(NEW)):
        Vault([OLD]).open(both.seal("Ana", HERE), HERE)


def test_a_key_that_was_taken_away_is_named_by_its_id_alone() -> None:
    sealed = Vault([OLD]).seal("Ana", HERE)
    with pytest.raises(SetupError, match=key_id(OLD)) as refused:
        Vault([NEW]).open(sealed, HERE)
    assert OLD.hex() not in str(refused.value)


def test_a_vault_needs_a_key() -> None:
    with pytest.raises(SetupError):
        Vault([])


def test_a_mac_key_belongs_to_its_purpose_and_its_key() -> None:
    vault = Vault([NEW, OLD])
    assert vault.mac_key("audit") != vault.mac_key("console")
    assert vault.mac_key("audit", key_id(OLD)) == Vault([OLD]).mac_key("audit")
    with pytest.raises(SetupError):
        Vault([NEW]).mac_key("audit", key_id(OLD))


def fingerprints(session: Session) -> str:
    row = session.get(Meta, "encryption_keys")
    assert row is not None
    return row.value


def test_the_first_start_writes_the_key_down_and_a_wrong_one_stops_the_next(database: Database) -> None:
    with database.transaction() as session:
        schema.check_keys(session, Vault([OLD]))
        assert fingerprints(session) == key_id(OLD)
    with database.transaction() as session, pytest.raises(SetupError, match=key_id(OLD)):
        schema.check_keys(session, Vault([NEW]))


def test_a_new_key_in_front_is_welcome_and_needed_from_then_on(database: Database) -> None:
    for ring in ([OLD], [NEW, OLD], [NEW, OLD]):
        with database.transaction() as session:
            schema.check_keys(session, Vault(ring))
    with database.transaction() as session:
        assert fingerprints(session) == f"{key_id(NEW)},{key_id(OLD)}"
        for ring in ([OLD], [NEW]):
            with pytest.raises(SetupError):
                schema.check_keys(session, Vault(ring))
