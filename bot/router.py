"""The one explicit table: commands, buttons, states and due items, and the functions behind them. Nothing is registered elsewhere."""

from __future__ import annotations

from bot.features.checkin import asq
from bot.features.checkin import handlers as checkin
from bot.features.checkin import reminders as checkin_reminders
from bot.features.enrolment import consent
from bot.features.enrolment import handlers as enrolment
from bot.features.help import handlers as help_
from bot.features.learn import handlers as learn
from bot.features.learn import lesson
from bot.features.meetings import handlers as meetings
from bot.features.meetings import reminders as meeting_reminders
from bot.features.privacy import handlers as privacy
from bot.features.privacy import store as privacy_store
from bot.features.settings import handlers as settings
from bot.features.sos import handlers as sos
from bot.features.sos import media as sos_media
from bot.features.sos import timed as sos_timed
from bot.features.tools import handlers as tools
from bot.features.visitor import handlers as visitor
from bot.models import EVERYONE, Role
from bot.routing import PATIENT, Command, Press, Routes, State, Timed

PRIVATE = frozenset({Role.VISITOR, Role.PATIENT, Role.SUPPORTER})  # whoever may take along or erase what is theirs

COMMANDS = (
    Command("checkin", checkin.checkin, PATIENT, menu=PATIENT, asks_again=False),
    Command("help", help_.help_, menu=EVERYONE, while_enrolling=True),
    Command("learn", learn.learn, PATIENT, menu=PATIENT, asks_again=False),
    Command("meetings", meetings.start, PATIENT, menu=PATIENT),
    Command("menu", help_.menu_, menu=PATIENT),
    Command("more", help_.more, PATIENT),
    Command("privacy", privacy.privacy, menu=EVERYONE, while_enrolling=True),
    Command("settings", settings.settings, menu=EVERYONE, while_enrolling=True),
    Command("sos", sos.sos, menu=EVERYONE, asks_again=False, while_enrolling=True),
    Command("start", enrolment.start, menu=frozenset({Role.VISITOR}), while_enrolling=True),
    Command("tools", tools.tools, PATIENT, menu=PATIENT, asks_again=False),
)

PRESSES: tuple[Press, ...] = (
    Press("asq.answer", asq.on_answer, PATIENT, 1, form="asq"),
    Press("checkin.change", checkin.change, PATIENT),
    Press("checkin.craving", checkin.on_craving, PATIENT, 1, form="checkin"),
    Press("checkin.go_on", checkin.go_on, PATIENT),
    Press("checkin.halt", checkin.on_halt, PATIENT, 1, form="checkin"),
    Press("checkin.halt_done", checkin.on_halt_done, PATIENT, form="checkin"),
    Press("checkin.help", checkin_reminders.need_help, PATIENT),
    Press("checkin.human", checkin.human, PATIENT),
    Press("checkin.medication", checkin.on_medication, PATIENT, 1, form="checkin"),
    Press("checkin.mood", checkin.on_mood, PATIENT, 1, form="checkin"),
    Press("checkin.ok", checkin_reminders.im_ok, PATIENT),
    Press("checkin.person", checkin.on_person, PATIENT, 1, form="checkin"),
    Press("checkin.reach", checkin.on_reach, PATIENT, 1, form="checkin"),
    Press("checkin.safety", checkin.on_safety, PATIENT, 1, form="checkin"),
    Press("checkin.skip_note", checkin.skip_note, PATIENT, form="checkin"),
    Press("checkin.sleep", checkin.on_sleep, PATIENT, 1, form="checkin"),
    Press("checkin.start", checkin.start, PATIENT),
    Press("checkin.use", checkin.on_use, PATIENT, 1, form="checkin"),
    Press("crisis.body", sos.on_body, args=1),
    Press("crisis.clear", sos.on_clear),
    Press("crisis.danger", sos.on_danger, args=1),
    Press("crisis.help", sos.on_help),
    Press("crisis.helped", sos.on_helped, args=2),
    Press("crisis.media", sos_media.on_media),
    Press("crisis.not_now", sos.on_not_now),
    Press("crisis.person", sos.on_person),
    Press("crisis.safe", sos.on_safe),
    Press("crisis.show", sos.on_show, args=2),
    Press("crisis.silent", sos.on_silent),
    Press("crisis.soft", sos.on_soft, args=1),
    Press("crisis.someone", sos.on_someone),
    Press("crisis.soon", sos.on_soon, args=2),
    Press("crisis.sos", sos.sos),
    Press("crisis.staff_page", sos.on_staff_page),
    Press("crisis.stay", sos.on_stay, args=1),
    Press("crisis.used", sos.on_used, args=1),
    Press("crisis.visitor", sos.on_visitor, args=2),
    Press("enrolment.adult", enrolment.adult, PATIENT, form="enrolment"),
    Press("enrolment.agree", consent.agree, PATIENT, form="enrolment"),
    Press("enrolment.check", consent.choose, PATIENT, 1, form="enrolment"),
    Press("enrolment.clinic", enrolment.place.clinic, PATIENT, form="enrolment"),
    Press("enrolment.decline", consent.decline, PATIENT, form="enrolment"),
    Press("enrolment.in", enrolment.place.choose_country, PATIENT, 1, form="enrolment"),
    Press("enrolment.language", enrolment.choose_language, PATIENT, 1, form="enrolment"),
    Press("enrolment.list", enrolment.place.list_, PATIENT, form="enrolment"),
    Press("enrolment.minor", enrolment.minor, PATIENT, form="enrolment"),
    Press("enrolment.read", consent.read, PATIENT, form="enrolment"),
    Press("enrolment.right", enrolment.place.right, PATIENT, form="enrolment"),
    Press("enrolment.time", enrolment.choose_time, PATIENT, 1, form="enrolment"),
    Press("enrolment.zone", enrolment.place.choose_zone, PATIENT, 1, form="enrolment"),
    Press("learn.again", learn.again, PATIENT, 1),
    Press("learn.answers", learn.answers, PATIENT, 1),
    Press("learn.back", lesson.back, PATIENT, form="learn"),
    Press("learn.choose", lesson.choose, PATIENT, 1, form="learn"),
    Press("learn.close", lesson.close, PATIENT, form="learn"),
    Press("learn.done", lesson.done, PATIENT, form="learn"),
    Press("learn.home", learn.learn, PATIENT),
    Press("learn.list", learn.listed, PATIENT),
    Press("learn.mine", learn.mine, PATIENT),
    Press("learn.module", learn.module, PATIENT, 1),
    Press("learn.next", lesson.next_, PATIENT, form="learn"),
    Press("learn.open", learn.open_, PATIENT, 1),
    Press("learn.practise", learn.practise, PATIENT, 1),
    Press("learn.quiz", lesson.quiz, PATIENT, 1, form="learn"),
    Press("learn.reach", lesson.reach, PATIENT, 1, form="learn"),
    Press("learn.resume", learn.resume, PATIENT),
    Press("learn.retry", lesson.retry, PATIENT, form="learn"),
    Press("learn.scale", lesson.scale, PATIENT, 1, form="learn"),
    Press("learn.skip", lesson.skip, PATIENT, form="learn"),
    Press("learn.toggle", lesson.toggle, PATIENT, 1, form="learn"),
    Press("meetings.going", meetings.going, PATIENT, 2),
    Press("meetings.mine", meetings.mine, PATIENT),
    Press("meetings.near", meetings.near, PATIENT),
    Press("meetings.once", meetings.once, PATIENT, 2),
    Press("meetings.online", meetings.online, PATIENT, 1),
    Press("meetings.show", meetings.show, PATIENT, 2),
    Press("meetings.today", meetings.today, PATIENT, 1),
    Press("meetings.tomorrow", meetings.tomorrow, PATIENT, 1),
    Press("meetings.undo", meetings.undo, PATIENT, 1),
    Press("meetings.weekly", meetings.weekly, PATIENT, 2),
    Press("meetings.went", meetings.went, PATIENT, 2),
    Press("menu.help", help_.help_),
    Press("menu.more", help_.more, PATIENT),
    Press("menu.privacy", privacy.privacy),
    Press("menu.settings", settings.settings),
    Press("privacy.consent", privacy.consent, PATIENT, 1),
    Press("privacy.erase", privacy.erase, PRIVATE),
    Press("privacy.erase_later", privacy.erase_later, PRIVATE),
    Press("privacy.erase_now", privacy.erase_now, PRIVATE, 1),
    Press("privacy.erase_sure", privacy.erase_sure, PRIVATE),
    Press("privacy.export", privacy.export, PRIVATE),
    Press("privacy.keep", privacy.keep, PRIVATE),
    Press("privacy.open", privacy.open_),
    Press("privacy.send", privacy.send, PRIVATE),
    Press("settings.cancel", settings.cancel, PATIENT, form="settings"),
    Press("settings.checkin", settings.checkin, PATIENT),
    Press("settings.clinic", settings.placing.clinic, PATIENT, form="settings"),
    Press("settings.in", settings.placing.choose_country, PATIENT, 1, form="settings"),
    Press("settings.language", settings.language),
    Press("settings.list", settings.placing.list_, PATIENT, form="settings"),
    Press("settings.name", settings.name, PATIENT),
    Press("settings.open", settings.open_),
    Press("settings.pause", settings.pause, PATIENT),
    Press("settings.place", settings.place, PATIENT),
    Press("settings.previews", settings.previews, PATIENT),
    Press("settings.quiet", settings.quiet, PATIENT),
    Press("settings.reminders", settings.reminders, PATIENT),
    Press("settings.right", settings.placing.right, PATIENT, form="settings"),
    Press("settings.set_language", settings.set_language, args=1),
    Press("settings.set_pause", settings.set_pause, PATIENT, 1),
    Press("settings.set_previews", settings.set_previews, PATIENT, 1),
    Press("settings.set_quiet", settings.set_quiet, PATIENT, 1),
    Press("settings.set_time", settings.set_time, PATIENT, 1),
    Press("settings.time", settings.time, PATIENT),
    Press("settings.toggle", settings.toggle, PATIENT, 1),
    Press("settings.zone", settings.placing.choose_zone, PATIENT, 1, form="settings"),
    Press("sos.choice", sos.on_choice, args=2),
    Press("sos.mistake", sos.on_mistake, args=1),
    Press("sos.now", sos.on_page_now, args=1),
    Press("tools.after", tools.after, PATIENT, 2),
    Press("tools.before", tools.before, PATIENT, 2),
    Press("tools.continue", tools.continue_, PATIENT, 1),
    Press("tools.open", tools.open_, PATIENT, 1),
    Press("tools.pause", tools.pause, PATIENT, 1),
    Press("tools.person", tools.person, PATIENT),
    Press("tools.reach", tools.reach, PATIENT, 3),
    Press("tools.start", tools.start, PATIENT, 1),
    Press("tools.steps", tools.steps, PATIENT, 1),
    Press("tools.stop", tools.stop, PATIENT, 1),
    Press("visitor.enrol", visitor.enrol),
    Press("visitor.iop", visitor.iop),
    Press("visitor.language", visitor.language, frozenset({Role.VISITOR})),
    Press("visitor.lines", visitor.lines),
)

STATES: tuple[State, ...] = (
    *(State(f"asq.{item}", asq.ask, asq.on_answer, PATIENT) for item in asq.ITEMS),
    State("checkin.craving", checkin.ask, checkin.on_craving, PATIENT),
    State("checkin.halt", checkin.ask, checkin.tap_only, PATIENT),
    State("checkin.medication", checkin.ask, checkin.on_medication, PATIENT),
    State("checkin.mood", checkin.ask, checkin.on_mood, PATIENT),
    State("checkin.note", checkin.ask, checkin.on_note, PATIENT),
    State("checkin.person", checkin.ask, checkin.on_person, PATIENT),
    State("checkin.reach", checkin.ask, checkin.on_reach, PATIENT),
    State("checkin.safety", checkin.ask, checkin.on_safety, PATIENT),
    State("checkin.sleep", checkin.ask, checkin.on_sleep, PATIENT),
    State("checkin.use", checkin.ask, checkin.on_use, PATIENT),
    State("enrolment.age", enrolment.ask_age, enrolment.on_age, PATIENT),
    State("enrolment.agree", consent.ask_agree, consent.on_agree, PATIENT),
    State("enrolment.check_1", consent.ask_check, consent.on_check, PATIENT),
    State("enrolment.check_2", consent.ask_check, consent.on_check, PATIENT),
    State("enrolment.checkin", enrolment.ask_checkin, enrolment.on_checkin, PATIENT),
    State("enrolment.clock", enrolment.place.ask_clock, enrolment.place.on_clock, PATIENT),
    State("enrolment.consent_1", consent.ask_screen, consent.on_screen, PATIENT),
    State("enrolment.consent_2", consent.ask_screen, consent.on_screen, PATIENT),
    State("enrolment.consent_3", consent.ask_screen, consent.on_screen, PATIENT),
    State("enrolment.consent_4", consent.ask_screen, consent.on_screen, PATIENT),
    State("enrolment.country", enrolment.place.ask_country, enrolment.place.on_place, PATIENT),
    State("enrolment.declined", consent.ask_declined, enrolment.tap, PATIENT),
    State("enrolment.language", enrolment.ask_language, enrolment.on_language, PATIENT),
    State("enrolment.minor", enrolment.ask_minor, enrolment.tap, PATIENT),
    State("enrolment.name", enrolment.ask_name, enrolment.on_name, PATIENT),
    State("enrolment.place", enrolment.place.ask_place, enrolment.place.on_place, PATIENT),
    State("enrolment.zone", enrolment.place.ask_zone, enrolment.place.on_zone, PATIENT),
    State("learn.lesson", lesson.ask, lesson.answer, PATIENT),
    State("learn.reach", lesson.ask_reach, lesson.answer_reach, PATIENT),
    State("meetings.near", meetings.ask_near, meetings.on_near, PATIENT),
    State("settings.clock", settings.placing.ask_clock, settings.placing.on_clock, PATIENT),
    State("settings.country", settings.placing.ask_country, settings.placing.on_place, PATIENT),
    State("settings.name", settings.ask_name, settings.on_name, PATIENT),
    State("settings.place", settings.placing.ask_place, settings.placing.on_place, PATIENT),
    State("settings.time", settings.ask_time, settings.on_time, PATIENT),
    State("settings.zone", settings.placing.ask_zone, settings.placing.on_zone, PATIENT),
)

TIMED: tuple[Timed, ...] = (
    Timed("asq.unfinished", asq.unfinished, during_case=True),
    Timed("case.ask_again", sos_timed.ask_again, during_case=True),
    Timed("case.nobody", sos_timed.nobody_answered, during_case=True),
    Timed("checkin.go_on", checkin_reminders.go_on),
    Timed("checkin.remind", checkin_reminders.remind, late=checkin_reminders.plan_next),
    Timed(meeting_reminders.KIND, meeting_reminders.remind, during_case=True, late=meeting_reminders.missed),
    Timed(privacy_store.ERASE, privacy.erase_when_closed, late=privacy.erase_still_waits),
    Timed("sos.page", sos_timed.page_sos, during_case=True),
    Timed("sos.raise", sos_timed.raise_sos, during_case=True),
    Timed("visitor.forget", sos_timed.forget_visitor, during_case=True),
    Timed("tools.end", tools.on_end, late=tools.on_end_late),
)

FREE = {**dict.fromkeys(Role, help_.not_understood), Role.VISITOR: enrolment.words}

# The keyboard below the text field: label -> command.
MENU_LABELS: dict[str, str] = {
    "crisis/sos": "sos",
    "menu/checkin": "checkin",
    "menu/learn": "learn",
    "menu/meetings": "meetings",
    "menu/more": "more",
    "menu/tools": "tools",
}


def build() -> Routes:
    """The routes, checked for clashes."""
    return Routes.build(COMMANDS, PRESSES, STATES, TIMED, FREE, sos_media.media, MENU_LABELS)
