"""Identifiers as sources write them, each with what must become of it and why.

A vector is well-formed when `canonical` is given, and evidence of identity unless `placeholder`
says that it stands for no value. To extend the specification, add a line. Where the collection of
published vectors lies beside the repository, `published` reads it: a second opinion.
"""

import json
from pathlib import Path
from typing import NamedTuple

PUBLISHED = Path(__file__).parents[3] / "shared" / "reference" / "identifier-vectors.json"


class Vector(NamedTuple):
    """One identifier as written. `canonical` is None when it must be refused."""

    system: str
    text: str
    canonical: str | None
    why: str
    placeholder: bool = False


class ProblemValue(NamedTuple):
    """A value of another attribute that says "not known"; `compact` is it without its spacing."""

    text: str
    compact: str
    why: str


class Published(NamedTuple):
    """A published vector. `valid` is None where published rules disagree; `flags` as published."""

    kind: str
    text: str
    valid: bool | None
    canonical: str | None
    flags: tuple[str, ...]


def published() -> list[Published]:
    """The published vectors; none where the collection is not there."""
    if not PUBLISHED.is_file():
        return []
    rows = json.loads(PUBLISHED.read_text("utf-8"))
    names = ("kind", "input", "valid", "canonical")
    return [Published(*(row[name] for name in names), tuple(row["flags"])) for row in rows]


def _vectors(
    system: str, *rows: tuple[str, str | None, str], placeholder: bool = False
) -> tuple[Vector, ...]:
    return tuple(Vector(system, *row, placeholder) for row in rows)


NHS_NUMBERS = _vectors(
    "nhs-number",
    ("9000000009", "9000000009", "PDS sandbox, unrestricted patient"),
    ("9000000025", "9000000025", "PDS sandbox, restricted patient"),
    ("9000000033", "9000000033", "PDS sandbox, patient with minimal data"),
    ("9000000017", "9000000017", "PDS sandbox, ordinary patient"),
    ("9111231130", "9111231130", "well-formed, though PDS answers 404: format is not existence"),
    ("9000000000", None, "PDS answers 400: the check digit should be 9"),
    ("9000000015", None, "published in a PDS mock, but its check digit should be 7"),
    ("943 476 5919", "9434765919", "the 3-3-4 display form"),
    ("943-476-5870", "9434765870", "the 3-3-4 form with hyphens"),
    ("9990000018", "9990000018", "from 999: issued to test patients only, accepted"),
    ("9990000026", "9990000026", "from 999: issued to test patients only, accepted"),
    ("9990548609", "9990548609", "a test patient found in live data, accepted"),
    ("9990000000", None, "its check digit would be ten, so it is never issued"),
    ("0101500009", "0101500009", "a Scottish CHI number, date-shaped, shares the column"),
    ("0101500017", "0101500017", "a Scottish CHI number, date-shaped, shares the column"),
    ("3200000015", "3200000015", "a Northern Irish H&C number shares the column"),
    ("3200000023", "3200000023", "a Northern Irish H&C number shares the column"),
    ("1234567890", None, "its check digit would be ten, so it is never issued"),
    ("943476591", None, "nine digits"),
    ("94347659199", None, "eleven digits"),
    ("943476591X", None, "a letter, which modulus 11 schemes elsewhere use for ten"),
    ("", None, "nothing"),
    ("9276308686", None, "a learner number leaves remainder ten, an NHS number none"),
) + _vectors(
    "nhs-number",
    *((digit * 10, digit * 10, "ten times one digit passes modulus 11") for digit in "0123456789"),
    placeholder=True,
)

PNC_IDS = _vectors(
    "pnc",
    ("81/34U", "1981/0000034U", "short year, serial of two digits"),
    ("02/73319Z", "2002/0073319Z", "short year of this century"),
    ("00/223R", "2000/0000223R", "year 00 is 2000"),
    ("79/163001B", "1979/0163001B", "short year of the last century"),
    ("0273319Z", "2002/0073319Z", "short year, no slash"),
    ("79163001B", "1979/0163001B", "short year, no slash"),
    ("033Y", "2003/0000003Y", "short year, no slash, serial of one digit"),
    ("67/9893091D", "1967/9893091D", "serial of all seven digits; 67 is 1967"),
    ("20020073319Z", "2002/0073319Z", "full form without its slash"),
    ("19790163001B", "1979/0163001B", "full form without its slash"),
    ("2002/0073319Z", "2002/0073319Z", "the canonical form itself"),
    ("2012/394773H", "2012/0394773H", "full year, unpadded: the canonical form of another system"),
    ("2012/0394773h", "2012/0394773H", "lower case"),
    ("20030011985Z", None, "the check letter should be X"),
    ("20120052494O", None, "the check letter should be Q; O is never used"),
    ("20230583843N", None, "the check letter should be L"),
    ("2001/0171310S", None, "the check letter should be W; S is never used"),
    ("1X23/1234567A", None, "a letter in the year"),
    ("1923[1234567A", None, "a bracket for the slash"),
    ("1923/1Z34567A", None, "a letter in the serial"),
    ("1923/1234567AA", None, "two check letters"),
    ("TOTALLYINVALID", None, "words"),
    ("2000/1234567A", None, "published as an example, but the check letter should be V"),
    ("2025/1234567A", "2025/1234567A", "the same serial in a year where A does fit"),
    ("1979/163001B", "1979/0163001B", "without its slash it would read as year 19"),
    ("01", None, "a year without serial and letter"),
    ("0123456789", None, "no check letter"),
) + _vectors(
    "pnc",
    ("2000/0000000Z", "2000/0000000Z", "a serial of zeros passes the check"),
    placeholder=True,
)

CRO_NUMBERS = _vectors(
    "cro",
    ("65656/91H", "065656/91H", "serial of five digits is padded to six"),
    ("85227/65G", None, "the check letter should be L"),
    ("123456/00A", None, "published as an example, but the check letter should be Q"),
    ("1/99W", "000001/99W", "serial of one digit"),
    ("000001/70G", "000001/70G", "the canonical form itself"),
    ("123456/85V", "123456/85V", "serial of all six digits"),
    ("085227/65L", "085227/65L", "the refused 85227/65G with its right letter"),
    ("1234567/91H", None, "serial of seven digits"),
    ("065656-91H", None, "a hyphen for the slash"),
) + _vectors(
    "cro",
    ("000000/00Z", "000000/00Z", "passes the check; justice systems drop it by name"),
    placeholder=True,
)

CRO_FILE_FORMS = _vectors(
    "cro",
    ("SF83/50058Z", "SF83/50058Z", "fits both published rules"),
    ("SF05/482703J", "SF05/482703J", "disputed: fits the HMPPS rule only. Policy: either will do"),
    ("SF83/58B", "SF83/58B", "the standard's rule: year and five digits (HMPPS expects J)"),
    ("SF70/7C", "SF70/7C", "the standard's rule (HMPPS expects T)"),
    ("SF65/1T", "SF65/1T", "first year in which the check value holds the year (HMPPS expects G)"),
    ("SF95/99999F", "SF95/99999F", "last year and highest serial of the file form"),
    ("SF44/12345T", "SF44/12345T", "before 1965 the serial alone is checked (HMPPS expects B)"),
    ("SF39/100H", "SF39/100H", "first year of the file form (HMPPS expects Z)"),
    ("SF64/1A", "SF64/1A", "last year in which the serial alone is checked (HMPPS expects W)"),
    ("SF5/482703J", None, "year of one digit"),
)

NOMS_NUMBERS = _vectors(
    "noms-number",
    ("A1234AA", "A1234AA", "letter, four digits, two letters"),
    ("A1234BC", "A1234BC", "letter, four digits, two letters"),
    ("a1234bc", "A1234BC", "lower case"),
    ("AB1234C", None, "two letters first: a shape that only generated test data has"),
    ("A123AA", None, "three digits"),
    ("A1234A", None, "one letter at the end"),
)

CRNS = _vectors(
    "crn",
    ("X123456", "X123456", "letter and six digits"),
    ("B123435", "B123435", "letter and six digits"),
    ("AB123456", "AB123456", "disputed: published code accepts one letter or two. Policy: both"),
    ("X12345", None, "five digits"),
    ("1123456", None, "no letter"),
)

NINOS = _vectors(
    "nino",
    ("AB123456C", "AB123456C", "prefix, six digits, suffix"),
    ("AB 12 34 56 C", "AB123456C", "spaced as on the card"),
    ("AB123456", "AB123456", "the suffix may be left out; it is kept out, as nothing tells it"),
    ("QQ123456A", None, "the tax office's own illustration: Q is not used"),
    ("BG123456A", None, "prefix not allocated"),
    ("GB123456A", None, "prefix not allocated"),
    ("NK123456A", None, "prefix not allocated"),
    ("KN123456A", None, "prefix not allocated"),
    ("TN010170M", None, "temporary number: TN, birth date, sex"),
    ("NT123456A", None, "prefix not allocated"),
    ("ZZ123456A", None, "prefix not allocated"),
    ("OO123456A", None, "administrative prefix"),
    ("AO123456A", None, "O is not used as second letter"),
    ("AB123456E", None, "the suffix is A to D"),
)

UPNS = _vectors(
    "upn",
    ("B801200005001", "B801200005001", "permanent number"),
    ("A801200005001", None, "the check letter should be B"),
    ("P207000016049", "P207000016049", "the letter is by position, 266 modulus 23"),
    ("Q207000016049", None, "on vendors' help pages, whose sum is wrong by one"),
    ("C82012000050A", "C82012000050A", "temporary number, ending in a letter; authority abolished"),
)

ULNS = _vectors(
    "uln",
    ("9276308686", "9276308686", "remainder ten"),
    ("9434765919", None, "an NHS number is never a learner number"),
)

IDENTIFIERS = (
    *NHS_NUMBERS,
    *PNC_IDS,
    *CRO_NUMBERS,
    *CRO_FILE_FORMS,
    *NOMS_NUMBERS,
    *CRNS,
    *NINOS,
    *UPNS,
    *ULNS,
)

PSEUDO_POSTCODES = (
    ProblemValue("ZZ99 3VZ", "ZZ993VZ", "no fixed abode"),
    ProblemValue("ZZ99 3WZ", "ZZ993WZ", "address not known"),
    ProblemValue("ZZ99 3CZ", "ZZ993CZ", "England or United Kingdom, not otherwise specified"),
    ProblemValue("ZZ99 3GZ", "ZZ993GZ", "Wales"),
    ProblemValue("ZZ99 1WZ", "ZZ991WZ", "Scotland"),
    ProblemValue("ZZ99 2WZ", "ZZ992WZ", "Northern Ireland"),
    ProblemValue("ZZ99 3AZ", "ZZ993AZ", "Republic of Ireland"),
    ProblemValue("ZZ99 3BZ", "ZZ993BZ", "Isle of Man"),
    ProblemValue("ZZ99 3EZ", "ZZ993EZ", "Guernsey"),
    ProblemValue("ZZ99 3FZ", "ZZ993FZ", "Jersey"),
    ProblemValue("ZZ99 3HZ", "ZZ993HZ", "Channel Islands, not otherwise specified"),
    ProblemValue("NF1 1NF", "NF11NF", "probation's placeholder for no fixed abode"),
    ProblemValue("NF1 1FA", "NF11FA", "probation's placeholder for no fixed abode"),
    ProblemValue("zz993vz", "ZZ993VZ", "lower case, without its space"),
    ProblemValue("Z99 3CZ", "Z993CZ", "a mistyping that circulates in published lists"),
)

DEFAULT_BIRTH_DATES = (
    ProblemValue("1900-01-01", "19000101", "probation's filler for an unknown date"),
    ProblemValue("1970-01-01", "19700101", "probation's filler: the epoch of computer clocks"),
    ProblemValue("1901-01-01", "19010101", "first day of a century, a usual filler"),
    ProblemValue("1800-01-01", "18000101", "lowest date that some systems store, a usual filler"),
    ProblemValue("9999-12-31", "99991231", "highest date that some systems store, a usual filler"),
)

SAMPLES = {
    "nhs-number": "9990000018",
    "noms-number": "A1234BC",
    "crn": "X123456",
    "pnc": "1979/0163001B",
    "cro": "065656/91H",
    "nino": "AB123456",
    "uln": "9276308686",
    "upn": "B801200005001",
    "driving-licence": "MORGA657054SM9IJ",
    "court-defendant-id": "0F4C0F6E-3C1A-4C0E-8A51-0D4A1A3A1B2C",
    "home-office-reference": "M1234567/2",
    "custody-reference": "01CD/1234/24",
    "young-person-id": "YP-20931",
    "local-patient-id": "RX1:0012345",
    "ndtms-client-reference": "DT/4471",
    "social-care-person-id": "300417",
}
"""One value in canonical form for each identifier system, in their order."""
