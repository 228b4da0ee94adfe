"""Is this FHIR? What a client sends is held to the models of `fhir.resources` before it is read.

The library ships R4B, and this server speaks R4. For Patient, Parameters and what is in them:

- R4B's extensions may hold a `CodeableReference` or a `RatioRange`; R4 has no such types. Refused.
- R4's extensions may hold a `Meta`, which R4B took out. Not held against anybody.
- All else is the same: elements, cardinalities, and the codes of the required value sets.

Where the library is laxer than either standard:

- Its models are pydantic's, which read `"true"` as true and a number as a date. What comes out must
  therefore be of the same form as what went in.
- It takes Python's names for elements (`birthDate__ext`) besides FHIR's. Such do not come out.
- It checks no codes. Those that the reader goes by are checked here.
- It takes ids of 255 characters; FHIR has 64.

And, which no model says: a modifier extension changes what a resource means, so one that is not
understood is refused, and this server understands none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from mpi.api.fhir.shapes import META, model_of
from mpi.api.fhir.xml import MOST_DEPTH, MOST_ELEMENTS
from mpi.errors import InvalidResource, UnknownModifier
from mpi.fhir.elements import Plain

_PLACE = re.compile("[A-Za-z0-9_.]{1,80}")
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
_R4B_ONLY = frozenset({"valueCodeableReference", "valueRatioRange"})
_USES = frozenset({"usual", "official", "temp", "secondary", "old"})
_CODES: Mapping[tuple[str, str], frozenset[str]] = MappingProxyType(
    {
        ("", "gender"): frozenset({"male", "female", "other", "unknown"}),
        ("identifier", "use"): _USES,
        ("name", "use"): frozenset(
            {"usual", "official", "temp", "nickname", "anonymous", "old", "maiden"}
        ),
        ("telecom", "system"): frozenset({"phone", "fax", "email", "pager", "url", "sms", "other"}),
        ("telecom", "use"): frozenset({"home", "work", "temp", "old", "mobile"}),
        ("address", "use"): frozenset({"home", "work", "temp", "old", "billing"}),
        ("address", "type"): frozenset({"postal", "physical", "both"}),
        ("link", "type"): frozenset({"replaced-by", "replaces", "refer", "seealso"}),
    }
)
"""The codes of required bindings, by the element of a Patient that has them."""


def valid(resource: object, *kinds: str) -> Plain:
    """The resource itself, if it is one of some kinds and nothing stands against reading it.

    Raises InvalidResource, UnknownModifier; both name the element and never what it says.
    """
    if not isinstance(resource, dict):
        raise InvalidResource("It is not a JSON object.")
    kind = resource.get("resourceType")
    if kind not in kinds:
        raise InvalidResource(f"Expected a {' or '.join(kinds)}.", element="resourceType")
    _check_bounds(resource)
    _check_modifiers(resource)
    _check_model(resource, str(kind))
    for patient in _patients(resource):
        _check_patient(patient)
    return resource


def _check_bounds(resource: Plain) -> None:
    count, level = 0, [resource]
    for _ in range(MOST_DEPTH):
        if not level:
            return
        level = [child for each in level for child in _children(each)]
        count += len(level)
        if count > MOST_ELEMENTS:
            raise InvalidResource(f"It has more than {MOST_ELEMENTS:,} elements.")
    raise InvalidResource(f"It is nested more than {MOST_DEPTH} levels deep.")


def _children(element: Any) -> Iterator[Any]:
    if isinstance(element, dict):
        yield from element.values()
    elif isinstance(element, list):
        yield from element


def _check_modifiers(resource: Plain) -> None:
    for element in _elements(resource):
        if "modifierExtension" in element or "implicitRules" in element:
            raise UnknownModifier(element="modifierExtension")
        if "_implicitRules" in element:
            raise UnknownModifier(element="implicitRules")
        if "contained" in element:
            raise InvalidResource("Contained resources are not read.", element="contained")
        if _R4B_ONLY & element.keys():
            raise InvalidResource("R4 has no such type.", element="extension")


def _elements(element: Any) -> Iterator[Plain]:
    if isinstance(element, dict):
        yield element
    for child in _children(element):
        yield from _elements(child)


def _check_model(resource: Plain, kind: str) -> None:
    from pydantic import ValidationError

    given = _as_r4b(resource)
    try:
        came_out = model_of(kind).model_validate(given).model_dump(mode="json")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        named = first["loc"][:-1] if first["type"] == "extra_forbidden" else first["loc"]
        place = ".".join(str(part) for part in named)
        raise InvalidResource("It does not fit its model.", element=_safe(place)) from None
    except (KeyError, AttributeError, TypeError, ValueError, RecursionError, ImportError):
        # what the library does with a resourceType or a nesting that it does not expect
        raise InvalidResource("It does not fit its model.") from None
    _check_same(given, came_out, kind)


def _safe(place: str) -> str:
    """A place in a resource, unless a client's own words are part of it."""
    return place if _PLACE.fullmatch(place) else "resource"


def _as_r4b(element: Any) -> Any:
    """The same without what R4 has and R4B has not: an extension may hold a Meta."""
    if isinstance(element, list):
        return [_as_r4b(each) for each in element]
    if not isinstance(element, dict):
        return element
    if "url" in element and isinstance(element.get(META), dict):
        rest = {name: value for name, value in element.items() if name != META}
        return {**rest, "valueString": META}
    return {name: _as_r4b(value) for name, value in element.items()}


def _check_same(given: Any, came_out: Any, place: str) -> None:
    """Refuse what only fits its model because the library made something else of it."""
    if isinstance(given, dict) and isinstance(came_out, dict):
        if not given:
            raise InvalidResource("It has an empty element.", element=_safe(place))
        for name, value in given.items():
            if name not in came_out:
                raise InvalidResource("It has an empty or unknown element.", element=_safe(place))
            _check_same(value, came_out[name], f"{place}.{name}")
    elif isinstance(given, list) and isinstance(came_out, list):
        if not given or len(given) != len(came_out):
            raise InvalidResource("It has an empty list.", element=_safe(place))
        for one, other in zip(given, came_out, strict=True):
            _check_same(one, other, place)
    elif _form(given) != _form(came_out):
        raise InvalidResource("It has a value of the wrong form.", element=_safe(place))


def _form(value: Any) -> str:
    """The form that a value has in JSON."""
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else type(value).__name__


def _patients(resource: Plain) -> Iterator[Plain]:
    if resource["resourceType"] == "Patient":
        yield resource
    for each in resource.get("parameter", ()):
        inner = each.get("resource")
        if inner and inner.get("resourceType") == "Patient":
            yield inner


def _check_patient(patient: Plain) -> None:
    if "id" in patient and not _ID.fullmatch(str(patient["id"])):
        raise InvalidResource("Expected an id of up to 64 characters.", element="id")
    for (name, part), codes in _CODES.items():
        for element in patient.get(name, ()) if name else (patient,):
            if part in element and element[part] not in codes:
                raise InvalidResource("There is no such code.", element=f"{name}.{part}".strip("."))
