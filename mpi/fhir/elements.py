"""Reading the elements of a resource: plain JSON of any shape in, what was expected out.

A resource in a feed has been through no validator, so nothing here takes a shape for granted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mpi.errors import InvalidResource

Element = Mapping[str, Any]
Plain = dict[str, Any]

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def text(element: Element, name: str) -> str:
    """A text without outer space; empty where there is none.

    Raises InvalidResource, naming the element: not a text, or one with a control character.

    >>> text({"city": " Leeds "}, "city"), text({}, "city")
    ('Leeds', '')
    """
    return _text(element.get(name), name)


def texts(element: Element, name: str) -> list[str]:
    """The texts of a list, without those that are null or empty. Raises InvalidResource."""
    return [found for each in _list(element, name) if (found := _text(each, name))]


def items(element: Element, name: str) -> list[Element]:
    """The elements of a list. Raises InvalidResource where it is none, or holds anything else."""
    found = _list(element, name)
    for each in found:
        if not isinstance(each, dict):
            raise InvalidResource("Expected elements.", element=name)
    return found


def item(element: Element, name: str) -> Element:
    """An element, or an empty one. Raises InvalidResource."""
    found = element.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise InvalidResource("Expected an element.", element=name)
    return found


def extended(element: Element, url: str, value: str) -> list[Any]:
    """What the extensions of one URL say in `value`, such as `valueDate`; unread."""
    if "extension" not in element:
        return []
    said = [each.get(value) for each in items(element, "extension") if each.get("url") == url]
    return [each for each in said if each is not None]


def extended_texts(element: Element, url: str, value: str) -> list[str]:
    """The same, as texts without empty ones. Raises InvalidResource."""
    return [found for each in extended(element, url, value) if (found := _text(each, value))]


def extension(url: str, value: str, said: Any) -> Plain:
    """An extension to write."""
    return {"url": url, value: said}


def filled(element: Plain) -> Plain:
    """The element without what is empty: FHIR has no empty elements."""
    return {name: value for name, value in element.items() if value not in ("", None, [], {})}


def _list(element: Element, name: str) -> list[Any]:
    found = element.get(name)
    if found is None:
        return []
    if not isinstance(found, list):
        raise InvalidResource("Expected a list.", element=name)
    return found


def _text(value: Any, name: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidResource("Expected a text.", element=name)
    if not value.isprintable() and _CONTROL.search(value):
        raise InvalidResource("It has a control character.", element=name)
    return value.strip()
