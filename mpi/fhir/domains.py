"""Which URI names which identifiers: FHIR's systems to and from our short names.

A URI names either one of our identifier systems, or the patient numbers of one organisation: then
its values are the `local-patient-id`s of that organisation without its code. A *domain*, in the
words of IHE, also says which source system issues the identifiers, so that a Patient can be fed
under one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mpi.errors import InvalidIdentifier, InvalidSource
from mpi.fhir.uris import NHS_NUMBER_OID
from mpi.identifiers import NAMESPACE, SYSTEMS, clean_identifier, fhir_uri, parse
from mpi.records import Identifier, RecordKey

LOCAL = "local-patient-id"
_RECORDS = "records"


def canonical(identifier: Identifier) -> Identifier:
    """An identifier with the value as it is kept; one that is malformed stays as it is."""
    try:
        return replace(identifier, value=parse(identifier.system, identifier.value))
    except InvalidIdentifier:
        return identifier


def same(one: Identifier, other: Identifier) -> bool:
    """Whether two identifiers are one as evidence of identity.

    >>> same(Identifier("nino", "AB123456C"), Identifier("nino", "ab 12 34 56"))
    True
    """
    if one.system != other.system:
        return False
    values = {clean_identifier(each.system, each.value) or each.value for each in (one, other)}
    return len(values) == 1


@dataclass(frozen=True, slots=True)
class Domain:
    """What the keys of a source's records are, in FHIR: identifiers that others know as well.

    Either values of one of our identifier systems (`system`), or patient numbers of the
    organisation `ods` under the URI `uri`. A source that has neither issues nothing that others
    know. `namespace` is where the URIs lie, in feeds of Patients from this source, of identifier
    systems for which none is published; empty for our own.
    """

    uri: str = ""
    ods: str = ""
    system: str = ""
    namespace: str = ""

    @property
    def key_system(self) -> str:
        """The identifier system that the keys of the source's records are of; empty for none."""
        return LOCAL if self.ods else self.system

    def problem(self) -> str:
        """What is wrong with the description; empty when nothing is."""
        if self.system:
            known = self.system in SYSTEMS and self.system != LOCAL
            fits = known and not (self.uri or self.ods)
            return "" if fits else "Name one identifier system, other than local-patient-id."
        if bool(self.uri) != bool(self.ods):
            return "Give both uri and ods."
        return "" if self.uri or self.namespace else "Give a system, uri and ods, or a namespace."


@dataclass(frozen=True, slots=True)
class Domains:
    """Every URI that this index understands.

    `namespace` is where the URIs lie of systems for which none is published; `by_source` gives the
    domain of each source system that has one. Raises InvalidSource when two sources claim one.
    """

    namespace: str = NAMESPACE
    by_source: Mapping[str, Domain] = field(default_factory=dict)
    _systems: dict[str, str] = field(init=False, repr=False)
    _organisations: dict[str, str] = field(init=False, repr=False)
    _sources: dict[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Work out the tables once."""
        systems = {fhir_uri(name, self.namespace): name for name in SYSTEMS}
        local = {each.uri: each.ods for each in self.by_source.values() if each.uri}
        sources: dict[str, str] = {}
        for source, domain in self.by_source.items():
            if not (domain.uri or domain.system):
                continue
            uri = domain.uri or fhir_uri(domain.system, self.namespace)
            if uri in sources or domain.uri in systems:
                raise InvalidSource("Another source has this domain.", source=source, key="domain")
            sources[uri] = source
        object.__setattr__(self, "_systems", systems | {NHS_NUMBER_OID: "nhs-number"})
        object.__setattr__(self, "_organisations", local)
        object.__setattr__(self, "_sources", sources)

    def system(self, uri: str) -> str | None:
        """The short name of the system that a URI stands for; None for one nobody knows here.

        >>> Domains().system("https://fhir.nhs.uk/Id/nhs-number")
        'nhs-number'
        """
        return LOCAL if uri in self._organisations else self._systems.get(uri)

    def usual(self, uri: str) -> str:
        """The URI that answers use for what may have several; any other as it is."""
        return fhir_uri("nhs-number") if uri == NHS_NUMBER_OID else uri

    def identifier(self, uri: str, value: str, *, verified: bool = False) -> Identifier | None:
        """An identifier in our words; None when the URI is unknown here.

        >>> red = Domains(by_source={"red": Domain(uri="urn:oid:1.2.3", ods="RED")})
        >>> red.identifier("urn:oid:1.2.3", "994")
        Identifier(system='local-patient-id', value='RED:994', verified=False)
        """
        organisation = self._organisations.get(uri)
        if organisation is not None:
            return Identifier(LOCAL, f"{organisation}:{value}", verified)
        system = self._systems.get(uri)
        return Identifier(system, value, verified) if system else None

    def asked(self, uri: str, value: str) -> Identifier | None:
        """The same with the value as it is kept, if it is well-formed: what a question is about.

        >>> Domains().asked("https://fhir.nhs.uk/Id/nhs-number", "999 000 0018").value
        '9990000018'
        """
        found = self.identifier(uri, value)
        return None if found is None else canonical(found)

    def written(self, identifier: Identifier) -> tuple[str, str]:
        """An identifier as FHIR writes it: the URI of its system, and the value.

        >>> Domains().written(Identifier("crn", "X123456"))
        ('https://mpi.example.org/Id/crn', 'X123456')
        """
        organisation, _, value = identifier.value.partition(":")
        if identifier.system == LOCAL:
            for uri, ods in self._organisations.items():
                if ods == organisation:
                    return uri, value
        return fhir_uri(identifier.system, self.namespace), identifier.value

    def record_key(self, uri: str, value: str) -> RecordKey | None:
        """The record that a feed means by an identifier; None when no source issues such.

        Every source has a domain of its own in the namespace, in which its keys are the values.

        >>> Domains().record_key("https://mpi.example.org/Id/records/nomis", "1234")
        RecordKey(source='nomis', source_id='1234')
        """
        source = self._sources.get(uri)
        if source is not None:
            return RecordKey(source, value)
        base, _, last = uri.rpartition("/")
        own = base == f"{self.namespace.rstrip('/')}/{_RECORDS}" and last
        return RecordKey(last, value) if own else None
