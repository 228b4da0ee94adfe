"""What elements a FHIR type has, in which order and of which kind: read off `fhir.resources`.

The library takes some tenths of a second to import, so everything that needs it imports it late.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, get_args

PRIMITIVE_EXTENSION = "FHIRPrimitiveExtension"
RESOURCE = "Resource"
EXTENSION = "Extension"
META = "valueMeta"
"""What an extension may hold in R4 and not in R4B, whose models the library ships."""


@dataclass(frozen=True, slots=True)
class Part:
    """One element of a type: `kind` is the name of its own type; `many` says that it repeats."""

    kind: str
    many: bool
    primitive: bool


Shape = Mapping[str, Part]
"""The elements of a type by name, in the order in which XML has them."""


@lru_cache(maxsize=512)
def shape(kind: str) -> Shape:
    """The elements of a type or resource. Raises KeyError for one that does not exist."""
    model = model_of(kind)
    fields = model.model_fields
    aliases = model.get_alias_mapping()
    parts = {name: _part(fields[aliases[name]]) for name in model.elements_sequence()}
    return parts | ({META: Part("Meta", many=False, primitive=False)} if kind == EXTENSION else {})


@lru_cache(maxsize=512)
def model_of(kind: str) -> Any:
    """The library's model of a type or resource. Raises KeyError for one that does not exist."""
    from fhir.resources.R4B import get_fhir_model_class

    try:
        return get_fhir_model_class(kind)
    except (ValueError, ImportError):
        raise KeyError(kind) from None


def is_resource(kind: str) -> bool:
    """Whether a type is a resource, so that its `resourceType` says its name."""
    return bool(model_of(kind).has_resource_base())


def _part(field: Any) -> Part:
    from fhir_core.utils import get_fhir_type_name, is_list_type, is_primitive_type

    many = bool(is_list_type(field))
    if is_primitive_type(field):
        return Part(str(get_fhir_type_name(field, prefix="R4B.")), many, primitive=True)
    return Part(_named(field.annotation), many, primitive=False)


def _named(annotation: Any) -> str:
    """The name of the type that an annotation is about."""
    if hasattr(annotation, "get_model_klass"):
        return str(annotation.__name__.removesuffix("Type"))
    found = (name for each in get_args(annotation) if (name := _named(each)))
    return next(found, "")
