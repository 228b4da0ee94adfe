"""Names to tokens: titles, suffixes and placeholders go before anything is split."""

from __future__ import annotations

import re
from functools import lru_cache

from nicknames import NickNamer

from mpi.cleaning.text import fold

MAX_CANONICAL_NAMES = 6

_NOT_LETTER = re.compile("[^A-Z]+")
_DIGIT = re.compile("[0-9]")
_ZERO = re.compile("(?<=[A-Z])0|0(?=[A-Z])")
_SEPARATOR = re.compile("[^A-Z0-9]+")
_COUNT = r"(?: (?:\d+|[AB]|ONE|TWO|THREE|FOUR|I{1,3}))?"
_PLACEHOLDER = re.compile(
    r"\b(?:"
    r"NOT (?:YET )?(?:KNOWN|ENTERED|RECORDED|STATED|APPLICABLE|GIVEN|AVAILABLE|NAMED|PROVIDED)"
    r"|NO (?:NAME|FIRST NAME|FORENAME|SURNAME|LAST NAME|MIDDLE NAME|SHOW)(?: GIVEN)?"
    r"|(?:FIRST|LAST|MIDDLE|FAMILY|GIVEN) NAME|FORENAME|SURNAME|NICKNAME"
    r"|MIG ERROR|DUPLICATE(?: RECORD| OF)?|DO NOT USE|DONOTUSE\w*|MERGED(?: RECORD)?"
    r"|X*TEST ?PATIENT\w*|ZZ+TEST\w*|TEST RECORD|DUMMY(?: RECORD)?"
    rf"|(?:BABY|INFANT|CHILD|TWIN|TRIPLET){_COUNT}(?: OF)(?: (?:MRS|MS|MISS))?"
    rf"|(?:BABY|INFANT) (?:BOY|GIRL|TWIN){_COUNT}|BABY\d*|(?:TWIN|TRIPLET){_COUNT}"
    r"|UNKNOWN\w*|UNNAMED|UNDECIDED|UNBORN|UNIDENTIFIED|ANONYMOUS|WITHHELD|REFUSED"
    r"|ALSO KNOWN AS|FORMERLY KNOWN AS|KNOWN AS|A K A|AKA|ALIAS"
    r"|NULL|NFN|NLN|NMN|FNU|LNU|XX+|ZZ+|N/A"
    r")(?= |$)"
)
_WHOLE_PLACEHOLDER = re.compile(
    r"(?:N A|NONE|UNK|TBC|TBA|TEST|MALE|FEMALE|BOY|GIRL|MAN|WOMAN|PERSON|INFANT|CHILD|DECEASED"
    r"|MOTHER|FATHER|X|ABC|ERROR|DELETED?|MR|MRS|MS|MISS|MX|DR)(?: \d+)?"
)
_TITLE = re.compile(
    r"^(?:(?:MR|MRS|MS|MISS|MX|DR|PROF|PROFESSOR|REV|REVD|REVEREND|SIR|DAME|MASTER|MSTR|FR"
    r"|SGT|CPL|PTE|CPT|CAPT)\.? )+(?=\w)"
)
_SUFFIX = re.compile(r"(?<=\w) (?:JNR|SNR|JR|SR|JUNIOR|SENIOR|II|III|ESQ|ESQUIRE|OBE|MBE|PHD)$")
_NOISE = re.compile(
    f"{_TITLE.pattern}|{_PLACEHOLDER.pattern}|{_SUFFIX.pattern}|^(?:{_WHOLE_PLACEHOLDER.pattern})$"
)
_FAMILY_PREFIX = re.compile(r"\b(MC|MAC|O) (?=[A-Z]{2})")
_GIVEN_PREFIX = re.compile(r"\b(MC) (?=[A-Z]{2})")

PARTICLES = frozenset(
    {
        *("AL", "EL", "UL", "UR", "BIN", "BINT", "IBN", "BEN", "OUL", "OULD"),
        *("DE", "DA", "DAS", "DO", "DOS", "DU", "DEL", "DELLA", "DI", "LA", "LE", "LOS"),
        *("VAN", "VON", "DER", "DEN", "TER", "TE", "ST", "SAN", "Y", "E", "AND"),
    }
)
"""Words that tell families apart too rarely to stand for one alone."""

_BRITISH_SHORT_FORMS = {
    "BAZ": ("BARRY",), "BAZZA": ("BARRY",), "DAZ": ("DARREN",), "DAZZA": ("DARREN",),
    "GAZ": ("GARY", "GARETH"), "GAZZA": ("GARY", "GARETH"), "JEZ": ("JEREMY", "GERARD"),
    "JEZZA": ("JEREMY",), "KAZ": ("KAREN",), "SHAZ": ("SHARON",), "SHAZZA": ("SHARON",),
    "TEZ": ("TERENCE",), "TEL": ("TERENCE",), "CHAZ": ("CHARLES",), "LOZ": ("LAURENCE", "LAUREN"),
    "ROBBIE": ("ROBERT",), "STE": ("STEPHEN",), "PADDY": ("PATRICK",), "TADHG": ("TIMOTHY",),
    "MO": ("MOHAMMED",), "MOHD": ("MOHAMMED",), "MD": ("MOHAMMED",), "ABS": ("ABDUL",),
    "SEB": ("SEBASTIAN",), "NICO": ("NICHOLAS",), "OLA": ("ALEKSANDRA",), "KASIA": ("KATARZYNA",),
}  # fmt: skip
"""Short forms of British records that the `nicknames` table, made in the United States, lacks."""

_nicknamer = NickNamer()


@lru_cache(maxsize=1 << 17)
def given_tokens(text: str) -> tuple[str, ...]:
    """The words of the given names, in order; empty when only titles and placeholders are left.

    >>> given_tokens("Mr José-Luis"), given_tokens("TWIN 1"), given_tokens("DUPLICATE_Anna")
    (('JOSE', 'LUIS'), (), ('ANNA',))
    """
    return _tokens(text, _GIVEN_PREFIX)


@lru_cache(maxsize=1 << 17)
def family_tokens(text: str) -> tuple[str, ...]:
    """The words of the family name; `Mc X`, `Mac X` and `O X` are joined.

    >>> family_tokens("O’Neil"), family_tokens("Mc Donald-Smith Jnr"), family_tokens("van Dyk")
    (('ONEIL',), ('MCDONALD', 'SMITH'), ('VAN', 'DYK'))
    >>> family_tokens("Mr NOT KNOWN ASHBOURNE"), family_tokens("UNKNOWN")
    (('ASHBOURNE',), ())
    """
    return _tokens(text, _FAMILY_PREFIX)


def _tokens(text: str, prefix: re.Pattern[str]) -> tuple[str, ...]:
    if text.isalpha() and text.isascii() and len(text) > 1:
        plain = text.upper()
        return () if _is_placeholder(plain) else (plain,)
    words = _SEPARATOR.sub(" ", fold(text)).strip()
    words = _strip_noise(words) if _NOISE.search(words) else words
    words = _without_digits(prefix.sub(r"\1", words))
    return tuple(words.split()) if words and not _WHOLE_PLACEHOLDER.fullmatch(words) else ()


def _without_digits(words: str) -> str:
    """A zero inside a word is a mistyped O; other digits are no part of a name."""
    if words.isalpha() or not _DIGIT.search(words):
        return words
    return " ".join(_DIGIT.sub("", _ZERO.sub("O", words)).split())


def _is_placeholder(word: str) -> bool:
    return bool(_PLACEHOLDER.fullmatch(word) or _WHOLE_PLACEHOLDER.fullmatch(word))


def _strip_noise(words: str) -> str:
    """Strip until nothing changes: a title may hide a placeholder and the other way round."""
    before = ""
    while words != before:
        before = words
        words = _TITLE.sub("", words)
        words = " ".join(_PLACEHOLDER.sub(" ", words).split())
        words = _SUFFIX.sub("", words)
        words = "" if _WHOLE_PLACEHOLDER.fullmatch(words) else words
    return words


@lru_cache(maxsize=1 << 17)
def family_parts(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """The family name written together, then each part of a double-barrelled one.

    Particles are no part: `van Dyk` may be met as `Dyk`, never as `van`.

    >>> family_parts(("SMITHERS", "JONESBY")), family_parts(("VAN", "DYK")), family_parts(("LE",))
    (('SMITHERSJONESBY', 'SMITHERS', 'JONESBY'), ('VANDYK', 'DYK'), ('LE',))
    """
    if len(tokens) == 1:
        return tokens
    parts = (t for t in tokens if len(t) > 1 and t not in PARTICLES)
    return tuple(dict.fromkeys(("".join(tokens), *parts)))


@lru_cache(maxsize=1 << 16)
def canonical_names(given: str) -> tuple[str, ...]:
    """The given name and the fuller names it is short for, so that Bob and Robert share one.

    The `nicknames` table lists pairs both ways (Robert for Bob and Bob for Robert), which would
    join half the register. A fuller name counts only when it has more nicknames than the name
    itself, so that the relation runs one way: Bob to Robert. At most `MAX_CANONICAL_NAMES`, those
    with most nicknames first.

    >>> canonical_names("BOB"), canonical_names("ROBERT"), canonical_names("LIZ")
    (('BOB', 'ROBERT', 'BERT'), ('ROBERT',), ('LIZ', 'ELIZABETH'))
    """
    own = _nickname_count(given)
    fuller = {name.upper() for name in _nicknamer.canonicals_of(given.lower())}
    ranked = sorted((-_nickname_count(name), name) for name in fuller)
    kept = [_NOT_LETTER.sub("", name) for count, name in ranked if -count > max(own, 2)]
    british = _BRITISH_SHORT_FORMS.get(given, ())
    return tuple(dict.fromkeys((given, *british, *kept)))[: MAX_CANONICAL_NAMES + 1]


@lru_cache(maxsize=1 << 14)
def _nickname_count(name: str) -> int:
    return len(_nicknamer.nicknames_of(name.lower()))
