"""What the finder looks in: the meetings of the present imports by place and by minute of the week. Made from the lists, never by hand.

Rows name their import and meeting without foreign keys: they are thrown away and made anew, and only those of present imports are read.
"""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import Field, SQLModel


class MeetingSlot(SQLModel, table=True):
    """One weekly time of a meeting; a meeting without a schedule has one row without zone and minute."""

    __tablename__ = "meeting_slot"
    __table_args__ = (
        Index("ix_meeting_slot_cell", "cell"),
        Index("ix_meeting_slot_week", "zone", "week_minute"),
        Index("ix_meeting_slot_town", "town_id"),
        Index("ix_meeting_slot_import", "import_id"),
        Index("ix_meeting_slot_length", "length"),
    )

    id: int | None = Field(default=None, primary_key=True)
    import_id: int
    meeting_id: int
    zone: str | None = None  # IANA
    week_minute: int | None = None  # wall time at the meeting's place: 0 = Sunday 00:00
    length: int = 60  # minutes; a day long: a room that is always open
    cell: int | None = None  # quarter degrees of latitude and longitude; only of an exact place that people can go to
    latitude: float | None = None
    longitude: float | None = None
    on_site: bool = False
    online: bool = False
    types: str = ""  # codes between commas: `,O,W,`
    town_id: int | None = None


class MeetingTown(SQLModel, table=True):
    """A town, or a part of one, that a list names, with the middle of its meetings."""

    __tablename__ = "meeting_town"
    __table_args__ = (Index("ix_meeting_town_plain", "plain"), Index("ix_meeting_town_import", "import_id"))

    id: int | None = Field(default=None, primary_key=True)
    import_id: int
    name: str
    plain: str  # small letters without marks
    region: str = ""  # state, province or country, as the list spells it
    latitude: float | None = None  # None: no meeting there has coordinates
    longitude: float | None = None
    meetings: int = 0
    bare: int = 0  # of them without coordinates


class MeetingFacet(SQLModel, table=True):
    """What a list can be narrowed by: a code of its types, or a zone of its meetings; how many have it, and how many there are in all."""

    __tablename__ = "meeting_facet"
    __table_args__ = (Index("ix_meeting_facet_import", "import_id", "kind"),)

    id: int | None = Field(default=None, primary_key=True)
    import_id: int
    kind: str  # type, zone, all
    code: str
    meetings: int = 0
