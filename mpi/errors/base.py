"""The base of every error, and the list of all of them."""

from __future__ import annotations

import inspect


class MPIError(Exception):
    """The request could not be carried out."""

    code = "error"

    def __init__(self, detail: str = "", **where: object) -> None:
        """Args: detail, what happened and what to do next; where, e.g. file=…, column=…, row=…."""
        self.detail = detail
        self.where = {name: value for name, value in where.items() if value is not None}
        super().__init__(self.message)

    @classmethod
    def sentence(cls) -> str:
        """The public sentence: the class docstring, on one line."""
        return " ".join(inspect.cleandoc(cls.__doc__ or "").split())

    @property
    def message(self) -> str:
        """Sentence, detail and place, ready to print."""
        place = ", ".join(f"{name} {value}" for name, value in self.where.items())
        text = " ".join(part for part in (self.sentence(), self.detail) if part)
        return f"{text} ({place})" if place else text


def all_errors() -> list[type[MPIError]]:
    """Every error class, base first; the documentation lists each by its code."""
    found: list[type[MPIError]] = [MPIError]
    for cls in found:
        found.extend(sub for sub in cls.__subclasses__() if sub not in found)
    return found
