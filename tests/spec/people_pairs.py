"""Pairs of records of one person that must have something in common, and pairs that must not.

To add a case copy a line and change the words. Each line says: what the case is about; the first
record; the second record; the attribute; and whether the two must `share` a value of it or must
`differ`. Write a record as `person(...)` with any of: names ("Given / Family", more than one for
aliases), born, postcode, address, phone, ids ("system value"). Leave out what does not matter.
"""

from __future__ import annotations

from mpi.records import Identifier, Name, Record


def person(*names, born=(), postcode=(), address=(), phone=(), ids=()):
    """A record from a few words; every argument may be one text or several."""
    return Record(
        source="nomis",
        source_id="1",
        names=tuple(Name(*(part.strip() for part in name.split("/", 1))) for name in names),
        birth_dates=_several(born),
        postcodes=_several(postcode),
        addresses=_several(address),
        phones=_several(phone),
        identifiers=tuple(Identifier(*text.split(" ", 1)) for text in _several(ids)),
    )


def _several(value):
    return (value,) if isinstance(value, str) else tuple(value)


PAIRS = [
    (
        "accents do not matter",
        person("José / Núñezson"),
        person("Jose / Nunezson"),
        "full_names",
        "share",
    ),
    (
        "straight and curly apostrophes are one",
        person("Ann / O’Zephyr"),
        person("Ann / O'Zephyr"),
        "full_names",
        "share",
    ),
    (
        "an apostrophe may be left out",
        person("Ann / O’Zephyr"),
        person("Ann / OZEPHYR"),
        "full_names",
        "share",
    ),
    (
        "O may stand apart",
        person("Ann / O Zephyr"),
        person("Ann / O'Zephyr"),
        "full_names",
        "share",
    ),
    (
        "half of a double-barrelled name",
        person("Eve / Smithers-Jonesby"),
        person("Eve / Smithers"),
        "family_set",
        "share",
    ),
    (
        "hyphen or space",
        person("Eve / Smithers-Jonesby"),
        person("Eve / Smithers Jonesby"),
        "full_names",
        "share",
    ),
    (
        "Mc and Mac may stand apart",
        person("Ian / Mc Arbory"),
        person("Ian / McArbory"),
        "full_names",
        "share",
    ),
    (
        "given and family name exchanged",
        person("Wei / Zhanger"),
        person("Zhanger / Wei"),
        "name_token_sets",
        "share",
    ),
    (
        "initials survive an exchange",
        person("Wei / Zhanger"),
        person("Zhanger / Wei"),
        "name_initials",
        "share",
    ),
    (
        "an alias counts",
        person("Tom / Ashbourne", "Rick / Fenwold"),
        person("Rick / Fenwold"),
        "full_names",
        "share",
    ),
    (
        "Bob is Robert",
        person("Bob / Ashbourne"),
        person("Robert / Ashbourne"),
        "given_set",
        "share",
    ),
    ("Liz is Elizabeth", person("Liz / Ash"), person("Elizabeth / Ash"), "given_set", "share"),
    ("Robert is not William", person("Robert / A"), person("William / A"), "given_set", "differ"),
    (
        "Mohammed, spelt twice",
        person("Mohammed / A"),
        person("Muhammad / A"),
        "name_codes",
        "share",
    ),
    ("Yusuf, spelt twice", person("Yusuf / A"), person("Youssef / A"), "name_codes", "share"),
    ("Ahmed, spelt twice", person("Ahmed / A"), person("Ahmad / A"), "name_codes", "share"),
    ("Khalid, spelt twice", person("Khalid / A"), person("Kalid / A"), "name_codes", "share"),
    (
        "Alexander in Polish",
        person("Aleksander / A"),
        person("Alexander / A"),
        "name_codes",
        "share",
    ),
    ("Chernyak in French", person("A / Tcherniak"), person("A / Cherniak"), "name_codes", "share"),
    ("Cyrillic and Latin", person("Сергей / А"), person("Sergei / A"), "name_codes", "share"),
    (
        "Abdul joined or apart",
        person("Abdul Rahman / Zafirson"),
        person("Abdulrahman / Zafirson"),
        "given_set",
        "share",
    ),
    (
        "a title and a placeholder are no name",
        person("/ Mr NOT KNOWN ASHBOURNE"),
        person("John / Ashbourne"),
        "family_set",
        "share",
    ),
    (
        "two placeholders do not agree",
        person("UNKNOWN / UNKNOWN", born="1980-05-06"),
        person("UNKNOWN / UNKNOWN", born="1980-05-06"),
        "name_codes",
        "differ",
    ),
    (
        "two lone surnames are not one full name",
        person("/ Ashbourne"),
        person("/ Ashbourne"),
        "full_names",
        "differ",
    ),
    (
        "names in two unrelated scripts stay apart",
        person("王 / 小明"),
        person("李 / 小红"),
        "full_names",
        "differ",
    ),
    (
        "day and month exchanged",
        person(born="1984-03-11"),
        person(born="1984-11-03"),
        "birth_date_variants",
        "share",
    ),
    (
        "an alias date of birth counts",
        person(born=("1984-03-11", "1986-03-11")),
        person(born="1986-03-11"),
        "birth_dates",
        "share",
    ),
    (
        "a default date is no evidence",
        person(born="1900-01-01"),
        person(born="1900-01-01"),
        "birth_dates",
        "differ",
    ),
    (
        "no fixed abode is no address",
        person(postcode="ZZ99 3VZ"),
        person(postcode="ZZ99 3VZ"),
        "postcodes",
        "differ",
    ),
    (
        "nor is its misspelling",
        person(postcode="Z99 3CZ"),
        person(postcode="Z99 3CZ"),
        "postcodes",
        "differ",
    ),
    (
        "O for 0 and I for 1",
        person(postcode="LS1O 4AP"),
        person(postcode="LSI0 4AP"),
        "postcodes",
        "share",
    ),
    (
        "the prison is nobody's home",
        person(postcode="LS1 4AP", address="HMP Redmoor"),
        person(postcode="LS1 4AP", address="Hmp Redmoor"),
        "postcodes",
        "differ",
    ),
    (
        "one of several PNC numbers",
        person(ids=("pnc 2012/0394773H", "pnc 2000/0000123R")),
        person(ids="pnc 2012/0394773H"),
        "identifiers",
        "share",
    ),
    (
        "a PNC number with a long year and no padding",
        person(ids="pnc 2012/394773H"),
        person(ids="pnc 12/0394773H"),
        "id_pnc",
        "share",
    ),
    (
        "a placeholder CRO is no evidence",
        person(ids="cro 000000/00Z"),
        person(ids="cro 000000/00Z"),
        "id_cro",
        "differ",
    ),
    (
        "a number abroad and at home",
        person(phone="+44 (0)7700 900123"),
        person(phone="07700 900 123"),
        "phones",
        "share",
    ),
]
