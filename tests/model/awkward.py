"""Records with everything that goes wrong, made by spoiling ordinary ones; a seed fixes each."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product
from random import Random
from string import ascii_letters

from mpi.identifiers import SYSTEMS
from mpi.records import Identifier, Name, Record

MANY = 10_000
"""Aliases, or other values, of one runaway record."""

_TEXTS = ("town", "birth_place", "occupation")
_LISTS = ("birth_dates", "postcodes", "addresses", "phones", "emails")
_EVENTS = ("custody_dates", "sentence_dates")
_MARKS = "\u0300\u0301\u0308\u0327\u030c\u0338"
_NOTHINGS = ("", " ", "\t\r\n", "\u00a0\u2003\u200b", "\x00", "UNKNOWN", "N/A", "-", "?")
_INSERTED = ("\x00", "\u200d", "\u202e", "\ufeff", "'", "’", "\U0001f469\U0001f3fd\u200d\U0001f680")
_SCRIPTS = (
    Name("\u200fمحمد", "الأحمد"),
    Name("דוד", "כהן\u200e"),
    Name("😀", "🇬🇧"),
    Name("Юрий", "Щербаков"),
    Name("김", "李小龙"),
    Name("ＡＮＮＡ", "ﬁtzgerald"),
    Name("ıŞıl", "Ğüneş-Øster"),
    Name("Đỗ", "Nguyễn"),
)
_DATES = (
    *("", " ", "not a date", "1984-02-30", "1984-13-01", "2999-12-31", "2029-12-31", "9999-12-31"),
    *("0000-00-00", "0001-01-01", "1499-12-31", "1900-01-01", "1984-2-1", "1984-02-11T00:00:00"),
    *("１９８４-０２-１１", "1984-02-11\x00", "1980-01-01", "1979-01-01", "2000-02-29"),
)
_CONTACTS = ("+44 (0)7700 900123", "0000000", "a@b", "\x00@example.org", "é@exämple.org", "x" * 900)
_POSTCODES = ("ZZ99 3VZ", "LS1 4AP\x00", "LS１ ４AP", "nonsense", "", "ls14ap")
_ADDRESSES = ("HMP Redmoor, Station Rd", "NFA", "Flat\x00 2, 9 Löw Rd.", "…", "９ Low Road")


def spoilt(record: Record, others: Sequence[Record], rng: Random) -> Record:
    """The record with one to four things wrong with it; `others` lend it their values."""
    for change in rng.choices(_CHANGES, k=rng.randint(1, 4)):
        record = change(record, rng.choice(others), rng)
    return record


def runaways(records: Sequence[Record]) -> list[Record]:
    """Records with more of a kind of value than anybody has, or with a value beyond all length."""
    one, other = records[:2]
    aliases = tuple(Name(f"Alias{n}é", f"{other.names[0].family}{n}") for n in range(MANY))
    dates = tuple(f"{y}-{m:02}-{d:02}" for y, m, d in product(range(1600, 1630), _MONTHS, _DAYS))
    numbers = tuple(Identifier(s, f"X{n:06}", n % 2 == 0) for s in SYSTEMS for n in range(600))
    long = "Wolfeschlegelsteinhausen" * 400
    return [
        replace(one, names=(*one.names, *aliases)),
        replace(one, names=tuple(reversed(aliases))),
        replace(other, birth_dates=(*other.birth_dates, *dates[:MANY])),
        replace(other, identifiers=(*other.identifiers, *numbers)),
        replace(other, identifiers=(*numbers, *other.identifiers)),
        replace(one, phones=tuple(f"07700{n:06}" for n in range(MANY))),
        replace(one, names=(Name(long, long),), town=long, addresses=(long,)),
        replace(one, names=(Name(long, long + "e"),), town=long + "e", addresses=(long + "e",)),
        *(Record(source, "", names=names) for source in ("", "pds") for names in ((), (Name(),))),
    ]


def on_the_edge() -> list[Record]:
    """Records in twos whose texts are exactly as similar as a threshold asks: 0.8, 0.88, 0.92.

    Floating point puts some of these on the one side in one engine, on the other in another.
    """
    alike = (
        ("XABCDEFGPP", "YABCDEFGQQ"),
        ("ABCDEFGPPP", "ABCDEFGQQQ"),
        ("AKBCDEFGHI", "ABKCDEFGHIPP"),
    )
    texts = [*alike, ("ABCDEFGHIJKLMNO", "ACBEDGFIHJKLMNO"), ("AXBCDEFGHIJKLPX", "AYBCDEFGHIJKLQY")]
    emails = ("abcdefghij@klm.nopqr", "acbedfghij@klm.nopqrxxxx")
    return [
        Record(
            "pds",
            "",
            names=(Name(text, text),),
            addresses=(text,),
            town=text,
            birth_place=text,
            emails=(email,),
        )
        for two in texts
        for text, email in zip(two, emails, strict=True)
    ]


_MONTHS, _DAYS = range(1, 13), range(1, 29)


def _written_otherwise(text: str, rng: Random) -> str:
    """The text with a slip of the pen in it, or with something of Unicode's."""
    at = rng.randrange(len(text) + 1)
    before, after = text[:at], text[at:]
    return rng.choice(
        (
            before + rng.choice(_INSERTED) + after,
            before + rng.choice(_MARKS) + after,
            unicodedata.normalize(rng.choice(("NFC", "NFD")), before + rng.choice(_MARKS) + after),
            before + after[1:],
            before + rng.choice(ascii_letters) + after[1:],
            before + after[1:2] + after[:1] + after[2:],
            before.lower() + " " + after.upper(),
            "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
            text[:1],
            f"{text}-{text}",
            text * 9,
        )
    )


def _usual(record: Record) -> Name:
    return record.names[0] if record.names else Name()


def _name_misspelt(record: Record, _: Record, rng: Random) -> Record:
    name = _usual(record)
    given, family = _written_otherwise(name.given, rng), _written_otherwise(name.family, rng)
    part = rng.choice((Name(given, name.family), Name(name.given, family), Name(given, family)))
    return replace(record, names=(part, *record.names[1:]))


def _name_incomplete(record: Record, other: Record, rng: Random) -> Record:
    name, nothing = _usual(record), rng.choice(_NOTHINGS)
    names = (
        *(Name(nothing, name.family), Name(name.given, nothing), Name(nothing, nothing)),
        *(Name(name.family, name.given), Name(name.family, _usual(other).family)),
        *(Name(_usual(other).given, name.family), Name(name.given, _usual(other).family)),
        Name(f"{name.given} {_usual(other).given}", name.family),
        Name(f"{_usual(other).given} {name.given}", name.family),
    )
    return replace(record, names=(rng.choice(names),))


def _more_names(record: Record, other: Record, rng: Random) -> Record:
    names = [*record.names, *other.names, rng.choice(_SCRIPTS), Name()]
    rng.shuffle(names)
    return replace(record, names=tuple(names))


def _another_script(record: Record, _: Record, rng: Random) -> Record:
    return replace(record, names=(rng.choice(_SCRIPTS), *record.names[1:]))


def _text_misspelt(record: Record, other: Record, rng: Random) -> Record:
    field = rng.choice(_TEXTS)
    text = getattr(record, field)
    values = (_written_otherwise(text, rng), rng.choice(_NOTHINGS), getattr(other, field))
    return replace(record, **{field: rng.choice(values)})


def _list_misspelt(record: Record, other: Record, rng: Random) -> Record:
    field = rng.choice(_LISTS)
    texts = getattr(record, field)
    written = tuple(_written_otherwise(text, rng) for text in texts)
    theirs = getattr(other, field)
    values = (written, (rng.choice(_NOTHINGS), *texts), theirs, (*texts, *theirs), ())
    return replace(record, **{field: rng.choice(values)})


def _date_mistaken(record: Record, _: Record, rng: Random) -> Record:
    text = next(iter(record.birth_dates), "1984-02-11")
    year, month, day = text[:4], text[5:7], text[8:10]
    digit = rng.randrange(len(text) + 1)
    dates = (
        *(f"{year}-{day}-{month}", f"{year}-01-01", f"{year}-{month}-{rng.choice(_DAYS):02}"),
        *(f"{rng.randint(1930, 2020)}-{month}-{day}", f"{year}-{rng.choice(_MONTHS):02}-{day}"),
        *(text[:digit] + rng.choice("0123456789") + text[digit + 1 :], rng.choice(_DATES)),
        f"{year}-{rng.choice(_MONTHS):02}-{rng.choice(_DAYS):02}",
    )
    kept = record.birth_dates if rng.random() < 0.2 else ()
    return replace(record, birth_dates=(rng.choice(dates), *kept))


def _events(record: Record, other: Record, rng: Random) -> Record:
    field, another = rng.choice(_EVENTS), rng.choice(_EVENTS)
    dates = (*getattr(record, field), *getattr(other, another), *rng.sample(_DATES, 2))
    return replace(record, **{field: tuple(rng.sample(dates, rng.randint(0, len(dates))))})


def _contact_mistaken(record: Record, _: Record, rng: Random) -> Record:
    return replace(
        record,
        phones=(rng.choice(_CONTACTS), *record.phones),
        emails=tuple(_written_otherwise(text, rng) for text in (*record.emails, "a@example.org")),
        sex=rng.choice(("", "M", "F", "?", "\x00", "Female")),
    )


def _place_mistaken(record: Record, _: Record, rng: Random) -> Record:
    return replace(
        record,
        postcodes=(rng.choice(_POSTCODES), *record.postcodes[: rng.randint(0, 1)]),
        addresses=(rng.choice(_ADDRESSES), *record.addresses[: rng.randint(0, 1)]),
    )


def _moved(record: Record, other: Record, rng: Random) -> Record:
    """Part of the home is another's: the line, the postcode, the town, or its street alone."""
    postcode = next(iter(record.postcodes), "LS1 4AP")
    near = f"{postcode[:-2]}{rng.choice('ABDEFGHJ')}{rng.choice('ABDEFGHJ')}"
    far = f"{postcode.split(' ')[0]} {rng.randint(0, 9)}AA"
    codes = (record.postcodes, other.postcodes, (), (near,), (far,))
    lines = (
        record.addresses,
        other.addresses,
        tuple(_written_otherwise(line, rng) for line in record.addresses),
        (),
    )
    towns = (record.town, other.town, _written_otherwise(record.town, rng), "")
    return replace(
        record,
        postcodes=rng.choice(codes),
        addresses=rng.choice(lines),
        town=rng.choice(towns),
    )


def _identifiers_mistaken(record: Record, other: Record, rng: Random) -> Record:
    held = [*record.identifiers, *other.identifiers]
    held += [
        replace(each, value=_written_otherwise(each.value, rng), verified=not each.verified)
        for each in held
    ]
    held += [Identifier(s, v) for s in ("nhs-number", "shoe-size") for v in ("9990000019", "\x00")]
    return replace(record, identifiers=tuple(rng.sample(held, rng.randint(0, len(held)))))


_CHANGES: tuple[Callable[[Record, Record, Random], Record], ...] = (
    *(_name_misspelt, _name_incomplete, _more_names, _another_script, _text_misspelt),
    *(_list_misspelt, _date_mistaken, _events, _contact_mistaken, _place_mistaken, _moved),
    _identifiers_mistaken,
)
