"""Tables: seats, appointments, the calling-in order; what organisations report and confirm of their seats."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.db import Base, Code, Id, LongText, ShortText
from scheduler.forums.models import Forum
from scheduler.history.journal import Undoable
from scheduler.organisations.models import Office, Organisation, Person

SEAT_KINDS = ("ordinary", "substitute", "co_opted", "secretary", "observer", "owner", "financier")


class Seat(Undoable, Base):
    """A seat: of an organisation, of an office, or of a group known only by text; from–to, days inclusive.

    Where the source does not say how many seats a party has, one seat stands for them with
    ``number_unknown``.
    """

    __tablename__ = "seat"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('ordinary', 'substitute', 'co_opted', 'secretary', 'observer', 'owner', 'financier')", name="kind"
        ),
        CheckConstraint("offer IS NULL OR offer IN ('offered', 'accepted', 'declined')", name="offer"),
        CheckConstraint("to_on IS NULL OR from_on IS NULL OR to_on >= from_on", name="order"),
    )

    id: Mapped[Id]
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    kind: Mapped[str] = mapped_column(String(12), default="ordinary")
    label: Mapped[ShortText | None]
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    office_id: Mapped[int | None] = mapped_column(ForeignKey("office.id"), index=True)
    #: Whose seat in the source's words, where it names no organisation ("myndighet active in BD").
    holder_text: Mapped[ShortText | None]
    number_unknown: Mapped[bool] = mapped_column(default=False)
    #: A seat in each of these ("kommun, county BD").
    each_of: Mapped[ShortText | None]
    #: Offered to the organisation, accepted, declined; None: not an offered seat.
    offer: Mapped[str | None] = mapped_column(String(10))
    voting: Mapped[bool] = mapped_column(default=True)
    #: The ordinary seat this substitute is personal for.
    personal_for_id: Mapped[int | None] = mapped_column(ForeignKey("seat.id"))
    #: Party, block or owner, for the calling-in order.
    group: Mapped[ShortText | None]
    from_on: Mapped[date | None]
    to_on: Mapped[date | None]
    note: Mapped[LongText | None]

    forum: Mapped[Forum] = relationship()
    organisation: Mapped[Organisation | None] = relationship()
    office: Mapped[Office | None] = relationship()
    appointments: Mapped[list[Appointment]] = relationship(
        back_populates="seat", cascade="all, delete-orphan", order_by="Appointment.from_on"
    )


class Appointment(Undoable, Base):
    """A person on a seat from–to, both days included; none overlap on one seat."""

    __tablename__ = "appointment"
    __table_args__ = (
        CheckConstraint("to_on IS NULL OR to_on >= from_on", name="order"),
        Index("uq_appointment_seat_id_from_on", "seat_id", "from_on", unique=True),
    )

    id: Mapped[Id]
    seat_id: Mapped[int] = mapped_column(ForeignKey("seat.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    #: member, chair, first_vice_chair or second_vice_chair.
    function: Mapped[str] = mapped_column(String(20), default="member")
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    appointed_by: Mapped[ShortText | None]
    decision_ref: Mapped[Code | None]
    continues_until_replaced: Mapped[bool] = mapped_column(default=False)

    seat: Mapped[Seat] = relationship(back_populates="appointments")
    person: Mapped[Person] = relationship()


class SubstituteOrder(Undoable, Base):
    """The order in which the substitutes of a seat (or of a group) are called in."""

    __tablename__ = "substitute_order"
    __table_args__ = (UniqueConstraint("forum_id", "seat_id", "group", "position"),)

    id: Mapped[Id]
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"), index=True)
    #: For one seat, or for all seats of a group; both None: for the whole forum.
    seat_id: Mapped[int | None] = mapped_column(ForeignKey("seat.id", ondelete="CASCADE"))
    group: Mapped[ShortText | None]
    position: Mapped[int]
    substitute_seat_id: Mapped[int | None] = mapped_column(ForeignKey("seat.id", ondelete="CASCADE"))
    substitute_group: Mapped[ShortText | None]


class RepresentativeReport(Undoable, Base):
    """Whom an organisation says that it sends to a seat: waits for the secretariat, which confirms or declines."""

    __tablename__ = "representative_report"
    __table_args__ = (CheckConstraint("state IN ('waiting', 'confirmed', 'declined')", name="state"),)

    id: Mapped[Id]
    seat_id: Mapped[int] = mapped_column(ForeignKey("seat.id", ondelete="CASCADE"), index=True)
    #: The organisation whose page it came from.
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    given_name: Mapped[str] = mapped_column(String(100))
    family_name: Mapped[str] = mapped_column(String(100))
    email: Mapped[str | None] = mapped_column(String(320))
    from_on: Mapped[date]
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    reported_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    #: Who decided, as shown.
    decided_by: Mapped[ShortText | None]
    #: Why it was declined; shown to the organisation.
    reason: Mapped[LongText | None]
    #: The person it became.
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    seat: Mapped[Seat] = relationship()
    organisation: Mapped[Organisation] = relationship()
    person: Mapped[Person | None] = relationship()

    @property
    def is_secret(self) -> bool:
        """Whether it tells who somebody with a protected identity is."""
        return self.person is not None and self.person.protected


class SeatCheck(Base):
    """An organisation was asked to go through its seats and has confirmed them, or not yet (spec product M29)."""

    __tablename__ = "seat_check"
    __table_args__ = (UniqueConstraint("organisation_id", "asked_on"),)

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    asked_on: Mapped[date] = mapped_column(index=True)
    answer_by_on: Mapped[date]
    confirmed_at: Mapped[datetime | None]
    #: The name written by whoever confirmed.
    confirmed_by: Mapped[ShortText | None]

    organisation: Mapped[Organisation] = relationship()
