"""Settings: what is taken, what is refused and how it is said."""

from __future__ import annotations

import base64
import os
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from bot.config import EVERYONE, LogLevel, Mode, Settings, name_of, unknown_names
from bot.config_values import check_page_target
from bot.errors import SetupError

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
OLD_KEY = base64.urlsafe_b64encode(bytes(32)).decode()
MARKER = "marker-7f3a"
EXAMPLE = Path(__file__).parent.parent / ".env.example"


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting but those of the test: an empty working directory, an empty environment."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.upper().startswith("WAYMARK_"):
            monkeypatch.delenv(name)


def refused(needs: tuple[str, ...] = (), **values: object) -> list[str]:
    with pytest.raises(SetupError) as caught:
        Settings.load(needs, **values)
    assert caught.value.__cause__ is None
    return str(caught.value).splitlines()


def test_every_setting_has_a_working_default() -> None:
    settings = Settings.load()
    assert settings.mode is Mode.POLLING
    assert settings.database_path == Path("waymark.db")
    assert settings.zone == ZoneInfo("UTC")
    assert (settings.send_rate, settings.retention_days, settings.log_level) == (30, 90, LogLevel.INFO)
    assert settings.page_targets == {}


def test_the_environment_wins_over_the_file_and_empty_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("WAYMARK_COUNTRY=ES\nWAYMARK_TIMEZONE=Europe/Madrid\nWAYMARK_LANGUAGE=\nOTHER=1\n", encoding="utf-8-sig")
    monkeypatch.setenv("WAYMARK_TIMEZONE", "America/Lima")
    settings = Settings.load()
    assert (settings.country, settings.timezone, settings.language) == ("ES", "America/Lima", "en")


def test_a_file_that_is_not_text_is_said_in_one_line() -> None:
    Path(".env").write_bytes(b"WAYMARK_CLINIC_NAME=Cl\xednica\n")
    assert refused() == [".env cannot be read: it has to be a text file in UTF-8 that this user may read"]


def test_what_is_needed_is_asked_for_only_where_it_is_needed() -> None:
    lines = refused(("bot_token", "encryption_keys"))
    assert [line.split()[0] for line in lines] == ["WAYMARK_BOT_TOKEN", "WAYMARK_ENCRYPTION_KEYS"]
    assert all("is missing" in line and "for example" in line for line in lines)
    assert Settings.load(("bot_token",), bot_token="1:x").token == "1:x"
    with pytest.raises(SetupError, match="WAYMARK_BOT_TOKEN is missing"):
        _ = Settings.load().token
    with pytest.raises(SetupError, match="WAYMARK_ENCRYPTION_KEYS is missing"):
        _ = Settings.load().keys


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("bot_token", f"abc:{MARKER}"),
        ("bot_token", "123456:"),
        ("bot_token", f"123 456:{MARKER}"),
        ("bot_token", f"https://api.example.org/bot1:{MARKER}"),
        ("bot_api_url", f"api.example.org/{MARKER}"),
        ("bot_api_url", "https://api.example.org/bot"),
        ("bot_api_url", "http://api.telegram.org"),
        ("database_url", f"mysql://user:{MARKER}@host/db"),
        ("database_url", MARKER),
        ("database_url", "sqlite://"),
        ("database_url", "sqlite:///:memory:"),
        ("database_url", f"postgresql://user:{MARKER}@host"),
        ("database_url", f"postgresql+asyncpg://user:{MARKER}@host/db"),
        ("mode", "push"),
        ("public_url", "http://waymark.example.org"),
        ("public_url", f"https://user:{MARKER}@waymark.example.org"),
        ("public_url", "https://waymark.example.org:99999"),
        ("webhook_secret", f"{MARKER} with blanks"),
        ("webhook_secret", "x" * 257),
        ("listen", "8080"),
        ("listen", "127.0.0.1:"),
        ("listen", ":8080"),
        ("listen", "127.0.0.1:70000"),
        ("listen", "::1:8080"),
        ("encryption_keys", MARKER),
        ("encryption_keys", base64.urlsafe_b64encode(b"x" * 31).decode()),
        ("encryption_keys", f"{KEY},"),
        ("encryption_keys", base64.b64encode(b"\xff" * 32).decode()),
        ("country", "UK"),
        ("country", "USA"),
        ("timezone", "America"),
        ("timezone", "EST5EDT4"),
        ("timezone", "../etc/passwd"),
        ("language", "fr"),
        ("clinic_name", "x" * 81),
        ("clinic_phone", "ask at the desk"),
        ("page_urls", f"ntfys://{MARKER}"),
        ("page_urls", f'{{"everyone": "ntfys://{MARKER}"}}'),
        ("page_urls", f'{{"everyone": ["file://{MARKER}"]}}'),
        ("page_urls", f'["{MARKER}"]'),
        ("page_urls", '{"everyone": [7]}'),
        ("page_webhook_url", "ftp://pager.example.org"),
        ("heartbeat_url", MARKER),
        ("drill_chat", "@drills"),
        ("send_rate", "0"),
        ("send_rate", "nan"),
        ("send_rate", "inf"),
        ("second_opinion", "maybe"),
        ("retention_days", "0"),
        ("retention_days", "a week"),
        ("feed_allow_private", MARKER),
        ("content_dir", f"/nowhere/{MARKER}"),
        ("log_level", "loud"),
    ],
)
def test_a_wrong_value_is_named_explained_and_never_repeated(field: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name_of(field), value)
    lines = refused()
    assert len(lines) == 1
    assert lines[0].startswith(f"{name_of(field)} is wrong: ")
    assert "for example: " in lines[0]
    assert MARKER not in lines[0]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("bot_token", "1:x"),
        ("bot_api_url", "http://127.0.0.1:8081/"),
        ("public_url", "https://waymark.example.org/"),
        ("listen", "[::1]:0"),
        ("encryption_keys", KEY.rstrip("=")),
        ("country", "es"),
        ("timezone", "America/Argentina/Buenos_Aires"),
        ("mode", "POLLING"),
        ("log_level", "WARNING"),
        ("clinic_phone", "+34 (91) 555-01.00 ext. 7"),
        ("clinic_phone", "(212) 555-0100"),
        ("send_rate", "0.5"),
        ("drill_chat", "-1001234567890"),
        ("second_opinion", "on"),
        ("feed_allow_private", "off"),
        ("content_dir", "."),
        ("webhook_secret", "_-aZ9"),
    ],
)
def test_a_right_value_is_taken(field: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name_of(field), f" {value} ")
    Settings.load()


def test_all_problems_are_said_at_once_one_a_line() -> None:
    lines = refused(country="UK", timezone="Mars/Olympus")
    assert [line.split()[0] for line in lines] == ["WAYMARK_COUNTRY", "WAYMARK_TIMEZONE"]


@pytest.mark.parametrize(
    ("given", "driver"),
    [
        ("postgres://u:p%40ss@db.example.org/way?sslmode=require", "postgresql+psycopg://u:p%40ss@db.example.org/way?sslmode=require"),
        ("postgresql://u@db.example.org:5433/way", "postgresql+psycopg://u@db.example.org:5433/way"),
        ("postgresql+psycopg://u@db.example.org/way", "postgresql+psycopg://u@db.example.org/way"),
        ("sqlite:////var/lib/waymark/data.db", "sqlite:////var/lib/waymark/data.db"),
    ],
)
def test_database_addresses_come_out_in_one_form(given: str, driver: str) -> None:
    assert Settings.load(database_url=given).database_url == driver


def test_only_sqlite_has_a_path() -> None:
    assert Settings.load(database_url="sqlite:////var/lib/way.db").database_path == Path("/var/lib/way.db")
    assert Settings.load(database_url="postgres://u@h/way").database_path is None


def test_keys_come_newest_first() -> None:
    assert Settings.load(encryption_keys=f"{KEY}, {OLD_KEY}").keys == (bytes(range(32)), bytes(32))


@pytest.mark.parametrize(("listen", "host", "port"), [("0.0.0.0:80", "0.0.0.0", 80), ("[::1]:8443", "::1", 8443), ("web:0", "web", 0)])
def test_listen_is_split(listen: str, host: str, port: int) -> None:
    settings = Settings.load(listen=listen)
    assert (settings.listen_host, settings.listen_port) == (host, port)


def test_page_targets_are_lists_by_staff_id() -> None:
    settings = Settings.load(page_urls='{"everyone": ["ntfys://n.example.org/a"], "0192": ["pover://u@t", "twilio://x"]}')
    assert settings.page_targets == {EVERYONE: ("ntfys://n.example.org/a",), "0192": ("pover://u@t", "twilio://x")}


@pytest.mark.parametrize("target", ["file:///etc/passwd", "exec://rm", "dbus://", "ntfy://", "https://example.org", "ntfy.example.org"])
def test_a_target_that_reaches_no_person_is_refused(target: str) -> None:
    with pytest.raises(ValueError, match="a target"):
        check_page_target(target)


def test_the_daily_drill_has_a_time_or_is_off() -> None:
    assert Settings.load().drill_at == "10:00"
    assert Settings.load(drill_at="OFF").drill_at is None
    for wrong in ("24:00", "9:00", "morning"):
        assert "neither a time from 00:00 to 23:59 nor the word off" in refused(drill_at=wrong)[0]


def test_webhook_mode_needs_address_and_secret() -> None:
    lines = refused(mode="webhook")
    assert [line.split()[0] for line in lines] == ["WAYMARK_PUBLIC_URL", "WAYMARK_WEBHOOK_SECRET"]
    Settings.load(mode="webhook", public_url="https://waymark.example.org:8443", webhook_secret="s")


def test_telegram_delivers_to_its_ports_only() -> None:
    lines = refused(mode="webhook", public_url="https://waymark.example.org:8080", webhook_secret="s")
    assert "443, 80, 88 and 8443" in lines[0]


def test_a_bot_api_of_ones_own_may_post_over_http_to_any_port() -> None:
    Settings.load(mode="webhook", public_url="http://127.0.0.1:9", webhook_secret="s", bot_api_url="http://127.0.0.1:8081")


def test_a_signed_webhook_needs_its_secret() -> None:
    assert refused(page_webhook_url="https://p.example.org")[0].startswith("WAYMARK_PAGE_WEBHOOK_SECRET is missing")


def test_secrets_show_in_no_representation() -> None:
    settings = Settings.load(
        bot_token=f"1:{MARKER}",
        webhook_secret=MARKER,
        encryption_keys=KEY,
        database_url=f"postgresql://u:{MARKER}@h/d",
        page_urls=f'{{"everyone": ["ntfys://{MARKER}@n.example.org/a"]}}',
        page_webhook_url=f"https://p.example.org/{MARKER}",
        page_webhook_secret=MARKER,
        heartbeat_url=f"https://h.example.org/{MARKER}",
    )
    assert MARKER not in repr(settings) + str(settings)
    assert KEY not in repr(settings)


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Settings.load().country = "ES"


def test_a_misspelt_name_in_the_file_is_found() -> None:
    assert unknown_names() == []
    Path(".env").write_text("WAYMARK_PAGE_URL=x\nwaymark_country=US\nOTHER=1\n", encoding="utf-8")
    assert unknown_names() == ["WAYMARK_PAGE_URL"]


def test_the_example_file_documents_every_setting_and_nothing_else() -> None:
    names = re.findall(r"^#(WAYMARK_\w+)=", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(names) == sorted(name_of(field) for field in Settings.model_fields)


def test_the_example_file_is_valid_when_all_of_it_is_switched_on() -> None:
    text = re.sub(r"^#(WAYMARK_)", r"\1", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    text = text.replace("<newest>,<older>", f"{KEY},{OLD_KEY}").replace("/etc/waymark/content", ".")
    Path(".env").write_text(text, encoding="utf-8")
    settings = Settings.load(("bot_token", "encryption_keys"))
    assert settings.clinic_hours == "Mon-Fri 9:00-17:00"
    assert settings.page_targets[EVERYONE] == ("ntfys://ntfy.example.org/on-call",)
