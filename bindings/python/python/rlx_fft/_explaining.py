"""The question that a call is asked by `rlx_fft.explain`: where it would run. The call ends where it has decided that."""

from __future__ import annotations

from contextvars import ContextVar


class Answer(BaseException):
    """Ends a call that is explained; carries the lines of the explanation."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class Question:
    """What the host does with the result of a device, said by the functions on the way."""

    def __init__(self) -> None:
        self.notes: list[str] = []


#: None unless this call is explained.
question: ContextVar[Question | None] = ContextVar("question", default=None)


def is_asked() -> bool:
    """Whether the current call is explained and computes nothing."""
    return question.get() is not None


def note(line: str) -> None:
    """Adds a line behind the regions."""
    asked = question.get()
    if asked is not None:
        asked.notes.append(line)


__all__ = ["Answer", "Question", "is_asked", "note", "question"]
