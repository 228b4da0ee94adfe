"""Latin spellings of letters that Unicode decomposition leaves alone.

The tables are plain, not scholarly: one spelling per letter, near the one on British documents.
The phonetic code absorbs what remains. Brahmic, Hangul, Kana and Ethiopic letters take the sound
that Unicode itself names; ideographs have no single sound and keep a code.
"""

from __future__ import annotations

import re
import unicodedata

_LATIN = {
    "ß": "SS", "ẞ": "SS", "ø": "O", "ł": "L", "đ": "D", "æ": "AE", "œ": "OE", "þ": "TH", "ð": "D",
    "ħ": "H", "ı": "I", "ĸ": "K", "ŋ": "NG", "ŧ": "T", "ɓ": "B", "ɗ": "D", "ƙ": "K", "ƴ": "Y",
    "ɛ": "E", "ɔ": "O", "ə": "A", "ǝ": "A", "ƒ": "F", "ɣ": "GH", "ŀ": "L", "ſ": "S",
}  # fmt: skip
_CYRILLIC = {
    "а": "A", "б": "B", "в": "V", "г": "G", "д": "D", "е": "E", "ё": "E", "ж": "ZH", "з": "Z",
    "и": "I", "й": "Y", "к": "K", "л": "L", "м": "M", "н": "N", "о": "O", "п": "P", "р": "R",
    "с": "S", "т": "T", "у": "U", "ф": "F", "х": "KH", "ц": "TS", "ч": "CH", "ш": "SH",
    "щ": "SHCH", "ъ": "", "ы": "Y", "ь": "", "э": "E", "ю": "YU", "я": "YA", "є": "YE", "і": "I",
    "ї": "YI", "ґ": "G", "ў": "U", "ђ": "DJ", "ј": "J", "љ": "LJ", "њ": "NJ", "ћ": "C", "џ": "DZ",
    "ѓ": "GJ", "ќ": "KJ", "ѕ": "DZ",
}  # fmt: skip
_GREEK = {
    "α": "A", "β": "V", "γ": "G", "δ": "D", "ε": "E", "ζ": "Z", "η": "I", "θ": "TH", "ι": "I",
    "κ": "K", "λ": "L", "μ": "M", "ν": "N", "ξ": "X", "ο": "O", "π": "P", "ρ": "R", "σ": "S",
    "ς": "S", "τ": "T", "υ": "Y", "φ": "F", "χ": "CH", "ψ": "PS", "ω": "O",
}  # fmt: skip
_ARABIC = {
    "ا": "A", "أ": "A", "إ": "I", "آ": "A", "ٱ": "A", "ب": "B", "پ": "P", "ت": "T", "ة": "A",
    "ٹ": "T", "ث": "TH", "ج": "J", "چ": "CH", "ح": "H", "خ": "KH", "د": "D", "ڈ": "D", "ذ": "DH",
    "ر": "R", "ڑ": "R", "ز": "Z", "ژ": "ZH", "س": "S", "ش": "SH", "ص": "S", "ض": "D", "ط": "T",
    "ظ": "Z", "ع": "A", "غ": "GH", "ف": "F", "ق": "Q", "ك": "K", "ک": "K", "گ": "G", "ل": "L",
    "م": "M", "ن": "N", "ں": "N", "ه": "H", "ہ": "H", "ھ": "H", "و": "W", "ؤ": "W", "ي": "Y",
    "ی": "Y", "ى": "A", "ئ": "Y", "ے": "E", "ء": "", "ـ": "",
}  # fmt: skip
_HEBREW = {
    "א": "A", "ב": "B", "ג": "G", "ד": "D", "ה": "H", "ו": "V", "ז": "Z", "ח": "H", "ט": "T",
    "י": "Y", "כ": "K", "ך": "K", "ל": "L", "מ": "M", "ם": "M", "נ": "N", "ן": "N", "ס": "S",
    "ע": "A", "פ": "P", "ף": "F", "צ": "TS", "ץ": "TS", "ק": "K", "ר": "R", "ש": "SH", "ת": "T",
}  # fmt: skip

LETTERS: dict[int, str] = {
    ord(form): spelling
    for table in (_LATIN, _CYRILLIC, _GREEK, _ARABIC, _HEBREW)
    for letter, spelling in table.items()
    for form in {letter, letter.upper() if len(letter.upper()) == 1 else letter}
}

_NAMED_SOUND = re.compile(
    r"(?:DEVANAGARI|BENGALI|GURMUKHI|GUJARATI|ORIYA|TAMIL|TELUGU|KANNADA|MALAYALAM|SINHALA"
    r"|HANGUL|HIRAGANA|KATAKANA|ETHIOPIC) (?:SMALL )?"
    r"(?:LETTER|VOWEL SIGN|SYLLABLE|LETTER SMALL) (?:VOCALIC )?(\w+)"
)
_HEX_TO_LETTERS = str.maketrans("0123456789ABCDEF", "GHIJKLMNOPABCDEF")


def spell(letter: str) -> str:
    """A Latin spelling of one letter of a script without a table, or a code of letters for it.

    >>> spell("क"), spell("ひ"), spell("王"), spell("€")
    ('KA', 'HI', 'XNJOB', ' ')
    """
    category = unicodedata.category(letter)
    if category == "Mn" and "VOWEL" not in unicodedata.name(letter, ""):
        return ""
    if category[0] not in "LM":
        return " "
    if sound := _NAMED_SOUND.match(unicodedata.name(letter, "")):
        return sound[1]
    return "X" + f"{ord(letter):04X}".translate(_HEX_TO_LETTERS)
