"""What a server does once all that it needs is loaded."""

from __future__ import annotations

import gc


def set_loaded_apart() -> None:
    """Take what is loaded out of the garbage collector's sight, as it stays till the end.

    Else an answer that makes many objects, such as the page of a person with 200 records, waits
    some 100 ms while all modules are looked through.
    """
    gc.collect()
    gc.freeze()
