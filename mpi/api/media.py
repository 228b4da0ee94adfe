"""Media types as headers write them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
_FHIR_VERSIONS = ("", "4.0", "4.0.1")


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media type with its parameters, all in lower case."""

    name: str
    parameters: Mapping[str, str]

    @classmethod
    def of(cls, text: str) -> MediaType:
        """A media type as headers write it.

        >>> MediaType.of("application/fhir+json; fhirVersion=4.0").parameters["fhirversion"]
        '4.0'
        """
        name, *rest = (part.strip() for part in text.lower().split(";"))
        pairs = (part.partition("=") for part in rest)
        return cls(name, {key.strip(): value.strip().strip('"') for key, _, value in pairs})

    @property
    def other_version(self) -> bool:
        """Whether it asks for a version of FHIR that is not R4."""
        return self.parameters.get("fhirversion", "") not in _FHIR_VERSIONS

    @property
    def is_json(self) -> bool:
        """Whether it is JSON, in UTF-8 as JSON has to be."""
        named = self.name == JSON or self.name.endswith("+json")
        return named and self.parameters.get("charset", "utf-8") in ("utf-8", "utf8")

    @property
    def quality(self) -> float:
        """How much a client prefers it; what cannot be read counts as fully."""
        try:
            return float(self.parameters.get("q", "1"))
        except ValueError:
            return 1.0
