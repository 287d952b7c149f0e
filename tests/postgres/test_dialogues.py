"""The dialogues that hang most on the database, once more on PostgreSQL: the tests are the same, only the world is another."""

from __future__ import annotations

import inspect
from types import ModuleType

import pytest

from tests import test_pipeline, test_sender
from tests.features.checkin import test_checkin, test_checkin_safety
from tests.features.enrolment import test_enrolment
from tests.features.learn import test_daily, test_pace, test_plan
from tests.features.meetings import test_changes, test_search
from tests.features.schedule import test_schedule, test_session_reminders
from tests.features.sos import test_sos
from tests.features.tools import test_sheet, test_tools
from tests.staff.assign import test_assign
from tests.staff.patients import test_new_phone
from tests.staff.sessions import test_attendance, test_sessions

pytestmark = pytest.mark.postgres

MODULES: tuple[ModuleType, ...] = (
    test_sender,
    test_pipeline,
    test_enrolment,
    test_checkin,
    test_checkin_safety,
    test_new_phone,
    test_sheet,
    test_tools,
    test_daily,
    test_pace,
    test_plan,
    test_assign,
    test_sos,
    test_schedule,
    test_session_reminders,
    test_attendance,
    test_sessions,
    test_changes,
    test_search,
)
NOT_HERE = frozenset(
    {
        "test_every_written_tool_can_be_done_by_tapping_and_typing",  # says nothing about the database
        "test_five_minutes_are_one_message_whose_frames_follow_from_the_clock",  # likewise: a hundred ticks of the clock
        "test_frames_are_at_least_three_seconds_apart",
        "test_tokens_are_kept_back_for_pages",  # makes a world of its own
        "test_across_the_spring_change_in_two_zones",  # likewise
        "test_across_the_autumn_change",  # likewise
        "test_at_night_the_news_waits_for_the_morning",  # likewise
        "test_a_town_is_found_as_people_type_it",  # plain queries
        "test_what_is_no_town_is_none",
        "test_the_persons_days_are_their_own",  # these say nothing about the database
        "test_towns_of_addresses",
    }
)
today = test_checkin.today


def _collect() -> None:
    for module in MODULES:
        for name, test in inspect.getmembers(module, inspect.isfunction):
            if name.startswith("test_") and test.__module__ == module.__name__ and name not in NOT_HERE:
                globals()[f"{name}__{module.__name__.rpartition('.')[2]}"] = test


_collect()
