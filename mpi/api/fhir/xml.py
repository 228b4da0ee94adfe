"""FHIR's XML to its JSON, and back.

No document type is read, so there are no entities to expand and nothing to fetch. Depth, elements
and attributes are counted as they are parsed, and reading ends at the first too many, before a tree
is made; what follows takes time in proportion to what was counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from mpi.api.fhir.shapes import (
    EXTENSION,
    PRIMITIVE_EXTENSION,
    RESOURCE,
    Part,
    Shape,
    is_resource,
    shape,
)
from mpi.errors import InvalidResource
from mpi.fhir.elements import Plain

if TYPE_CHECKING:
    from lxml.etree import _Element

MOST_DEPTH = 32
"""Levels of nesting of a resource that is read, in either format."""
MOST_ELEMENTS = 5_000
"""Elements and values of a resource that is read, in either format."""
MOST_ATTRIBUTES = 64
"""Attributes of one element; looking at all of them takes time by the square of their number."""

_FHIR = "http://hl7.org/fhir"
_XHTML = "{http://www.w3.org/1999/xhtml}"
_WHOLE = ("integer", "positiveInt", "unsignedInt", "integer64")


def from_xml(content: bytes) -> Plain:
    """A resource from its XML. Raises InvalidResource."""
    _parsed(content, _Bounds())
    return _resource(_parsed(content))


def to_xml(resource: Plain) -> bytes:
    """A resource of ours as XML; its elements must be those of its type."""
    from lxml import etree

    root = etree.Element(f"{{{_FHIR}}}{resource['resourceType']}", nsmap={None: _FHIR})
    _fill(root, resource, resource["resourceType"])
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True))


class _Bounds:
    """What a parser tells of a document as it goes through it; raises InvalidResource to end it."""

    def __init__(self) -> None:
        self._depth = 0
        self._elements = 0

    def start(self, _: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        self._depth += 1
        self._elements += 1
        if self._depth > MOST_DEPTH:
            raise InvalidResource(f"It is nested more than {MOST_DEPTH} levels deep.")
        if self._elements > MOST_ELEMENTS:
            raise InvalidResource(f"It has more than {MOST_ELEMENTS:,} elements.")
        if len(attributes) > MOST_ATTRIBUTES:
            raise InvalidResource(f"It has more than {MOST_ATTRIBUTES} attributes in one element.")

    def end(self, _: str) -> None:
        """An element ends."""
        self._depth -= 1

    def doctype(self, *_: str | None) -> None:
        """There is a document type, of which nothing has been read yet."""
        raise InvalidResource("It has a document type, which is not read.")

    def close(self) -> None:
        """It is over."""


def _parsed(content: bytes, target: _Bounds | None = None) -> _Element:
    """The root of a document; what `target` returns where there is one."""
    from lxml import etree

    parser = etree.XMLParser(
        target=target,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        # the parser's message may quote what was sent
        raise InvalidResource("It is not well-formed XML.") from None
    return cast("_Element", root)


def _resource(element: _Element) -> Plain:
    kind = _name(element)
    if not _exists(kind) or not is_resource(kind):
        raise InvalidResource("There is no such resource.")
    return {"resourceType": kind, **_complex(element, kind)}


def _exists(kind: str) -> bool:
    try:
        shape(kind)
    except KeyError:
        return False
    return True


def _complex(element: _Element, kind: str, *, without: str = "") -> Plain:
    """The JSON of an element that has elements; the attribute `without` is not looked at."""
    parts = shape(kind)
    found: Plain = dict(_attributes(element, kind, parts, without))
    _refuse_text(element)
    for child in element:
        name = _name(child)
        part = parts.get(name)
        if part is None or (name in found and not part.many):
            raise InvalidResource("It has an element too many.", element=kind)
        _add(found, name, part, child)
    _pad(found)
    return found


def _attributes(
    element: _Element, kind: str, parts: Shape, without: str
) -> Iterator[tuple[str, str]]:
    """The attributes that are elements in JSON: an id, and the URL of an extension."""
    allowed = {"url", "id"} if kind == EXTENSION else {"id"}
    for name, value in element.attrib.items():
        if name == without:
            continue
        if name not in allowed or name not in parts or is_resource(kind):
            raise InvalidResource("It has an attribute too many.", element=kind)
        yield str(name), str(value)


def _refuse_text(element: _Element) -> None:
    texts = [element.text, *(child.tail for child in element)]
    if any(text and text.strip() for text in texts):
        raise InvalidResource("It has text between its elements.", element=_name(element))


def _add(found: Plain, name: str, part: Part, child: _Element) -> None:
    if part.kind == "xhtml":
        from lxml import etree

        found[name] = etree.tostring(child, encoding="unicode", with_tail=False)
    elif part.primitive:
        _add_primitive(found, name, part, child)
    else:
        value = _inside(child) if part.kind == RESOURCE else _complex(child, part.kind)
        if part.many:
            found.setdefault(name, []).append(value)
        else:
            found[name] = value


def _inside(element: _Element) -> Plain:
    """The one resource that an element holds."""
    _refuse_text(element)
    if len(element) != 1:
        raise InvalidResource("Expected one resource.", element=_name(element))
    return _resource(element[0])


def _add_primitive(found: Plain, name: str, part: Part, child: _Element) -> None:
    """The value, and beside it, under its name with an underscore, its id and extensions."""
    attributes = dict(child.attrib)
    said = attributes.pop("value", None)
    value = None if said is None else _value(str(said), part.kind, name)
    bare = child if not len(child) and not attributes else None
    beside = None if bare is not None else _complex(child, PRIMITIVE_EXTENSION, without="value")
    if bare is not None:
        _refuse_text(child)
    if not part.many:
        found.update({key: v for key, v in ((name, value), (f"_{name}", beside)) if v is not None})
        return
    found.setdefault(name, []).append(value)
    found.setdefault(f"_{name}", []).append(beside)


def _pad(found: Plain) -> None:
    """Leave out the lists beside primitives, or of them, that hold nothing."""
    for name in [each for each in found if each.startswith("_")]:
        for key in (name, name[1:]):
            values = found.get(key)
            if isinstance(values, list) and all(each is None for each in values):
                del found[key]


def _value(text: str, kind: str, name: str) -> Any:
    try:
        if kind == "boolean":
            return {"true": True, "false": False}[text]
        if kind in _WHOLE:
            return int(text)
        if kind == "decimal":
            return float(text)
    except (KeyError, ValueError):
        raise InvalidResource(f"Expected a {kind}.", element=name) from None
    return text


def _name(element: _Element) -> str:
    tag = str(element.tag)
    if tag.startswith(_XHTML):
        return tag.removeprefix(_XHTML)
    namespace, _, name = tag.rpartition("}")
    if namespace != f"{{{_FHIR}":
        raise InvalidResource("It is not in the namespace of FHIR.")
    return name


def _fill(element: _Element, said: Plain, kind: str) -> None:
    """Put the elements of some JSON under an XML element, in the order of their type."""
    for name, part in shape(kind).items():
        value: Any = said.get(name)
        beside: Any = said.get(f"_{name}")
        if value is None and beside is None:
            continue
        if (name == "id" and not is_resource(kind)) or (name, kind) == ("url", EXTENSION):
            element.set(name, value)
        elif part.primitive:
            _write_primitives(element, name, part, value, beside)
        else:
            _write_all(element, name, part, value if part.many else [value])


def _write_all(element: _Element, name: str, part: Part, values: Sequence[Plain]) -> None:
    for each in values:
        _write_complex(element, name, part, each)


def _write_complex(element: _Element, name: str, part: Part, said: Plain) -> None:
    child = _below(element, name)
    if part.kind == RESOURCE:
        inner = _below(child, said["resourceType"])
        _fill(inner, said, said["resourceType"])
    else:
        _fill(child, said, part.kind)


def _write_primitives(element: _Element, name: str, part: Part, value: Any, beside: Any) -> None:
    if part.kind == "xhtml":
        element.append(_parsed(value.encode()))
        return
    values = (value or []) if part.many else [value]
    besides = (beside or []) if part.many else [beside]
    for at in range(max(len(values), len(besides))):
        child = _below(element, name)
        one = values[at] if at < len(values) else None
        if one is not None:
            child.set("value", _text(one))
        if at < len(besides) and besides[at]:
            _fill(child, besides[at], PRIMITIVE_EXTENSION)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _below(element: _Element, name: str) -> _Element:
    from lxml import etree

    return etree.SubElement(element, f"{{{_FHIR}}}{name}")
