"""English surnames with their weights: counted ones of Faker, and a long tail it lacks.

Faker knows 500 weighted British surnames, which would leave every second person with a name that
dozens share. The tail comes from its other English-language tables and from places: most rare
English surnames are those of villages, so joining old place-name elements makes plausible ones.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from faker.providers.person.en_GB import Provider as British
from faker.providers.person.en_IE import Provider as Irish
from faker.providers.person.en_NZ import Provider as NewZealand
from faker.providers.person.en_US import Provider as American

_FIRST: Final = (
    "Ack Al Apple Ard Ash Asp Ayl Bad Bag Bam Ban Bar Bas Beck Ben Berk Bex Bick Bil Birch Black "
    "Blen Bol Box Brad Bram Bran Brock Brom Buck Bur Cad Cal Cam Car Cas Chad Chal Charl Ched Chel "
    "Chil Cold Col Comp Cor Cot Crom Cros Cul Dal Dan Dar Den Dit Dor Dray Dud Dun East Eck Edg "
    "El Ever Fair Far Fen Fern Field Fin Flax Ford Fox Ful Gar Gil God Gold Graf Grim Had Hal Ham "
    "Hard Harl Hart Has Hat Haw Hazel Hed Hen Her High Hol Hon Hor Hux Ing Kel Ken Kim King Kirk "
    "Lang Law Led Leigh Lin Lit Long Lul Mal Man Mar Mel Mid Mil Mor Mos Nes New Nor Oak Oat Old "
    "Os Ox Pack Pem Pen Pick Pil Pres Quar Rad Rams Raven Red Ring Rock Rot Row Rud Sal Sand Sed "
    "Sel Shel Ship Shot Skel Smed Snel Som Stan Stap Stock Stud Sud Sut Swin Tad Tat Thorn Thur "
    "Til Tit Tor Trow Tun Twi Up Wad Wake Wal War Wat Web Wel Wen West Whit Wick Wil Wim Win Wit "
    "Wol Wood Worth Wy Yard Yar Yel"
)
_SECOND: Final = (
    "bank beck berry bourne bridge brook bury by cliffe combe cote croft dale den don ell field "
    "fold ford gate grave greaves ham hurst ing ington land leigh ley low man mere more ridge royd "
    "sall sey shaw ster stead stone stow ton thorpe thwaite tree wall ward well wick win with wood "
    "worth"
)

_TAIL_OFFSET = 150.0
_TABLE_SEED = 1_538


def english_surnames() -> dict[str, float]:
    """Surnames and weights that sum to one, about 13,000 of them; Faker's are percentages."""
    counted = {str(name): float(weight) for name, weight in British.last_names.items()}
    share = sum(counted.values()) / 100.0
    tail = [name for name in _tail() if name not in counted]
    weights = 1.0 / (np.arange(len(tail)) + _TAIL_OFFSET)
    rest = (1.0 - share) * weights / weights.sum()
    return {
        **{name: weight / 100.0 for name, weight in counted.items()},
        **dict(zip(tail, rest.tolist(), strict=True)),
    }


def _tail() -> list[str]:
    """Rare surnames in a fixed random order: nobody knows which are the rarest."""
    known = [*American.last_names, *NewZealand.last_names, *Irish.last_names]
    places = [
        first + second
        for first in _FIRST.split()
        for second in _SECOND.split()
        if first[-1] != second[0]
    ]
    names = sorted({name for name in (*known, *places) if len(name) > 2 and name.isprintable()})
    order = np.random.default_rng(_TABLE_SEED).permutation(len(names))
    return [names[i] for i in order]
