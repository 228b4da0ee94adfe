"""An example for every field of the description: those that fields give, put together where a field
is made of others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_REFERENCE = "#/components/schemas/"

Plain = dict[str, Any]
Schemas = Mapping[str, Plain]


def fill(schemas: Schemas) -> None:
    """Give every property of some schemas an example, in place.

    One that says none itself has that of what it refers to. Raises KeyError for a property of which
    nothing says what it may look like.
    """
    for schema in schemas.values():
        for property_ in schema.get("properties", {}).values():
            property_.setdefault("examples", [_example(property_, schemas)])


def _example(schema: Plain, schemas: Schemas) -> Any:
    """What something may look like."""
    if "examples" in schema:
        return schema["examples"][0]
    if "$ref" in schema:
        return _example(schemas[schema["$ref"].removeprefix(_REFERENCE)], schemas)
    if "anyOf" in schema:
        return _example(schema["anyOf"][0], schemas)
    if schema["type"] == "array":
        return [_example(schema["items"], schemas)]
    return {name: _example(each, schemas) for name, each in schema["properties"].items()}
