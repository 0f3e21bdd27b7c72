"""Rows of ballot boxes: how many papers of a secret ballot name each choice, and nothing else."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base


class BallotPapersRow(Base):
    """The papers for one choice of a secret ballot; whose they are is kept nowhere."""

    __tablename__ = "ballot_papers"

    session_id: Mapped[int] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    choice: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    papers: Mapped[int]
