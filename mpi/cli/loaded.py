"""What a server does once all that it needs is loaded."""

from __future__ import annotations

import atexit
import gc


def set_loaded_apart() -> None:
    """Take what is loaded out of the garbage collector's sight, until the process ends.

    Else an answer that makes many objects, such as the page of a person with 200 records, waits
    some 100 ms while all modules are looked through. At the end it is given back, since libraries
    complain on stderr, between the lines of the log, of what was never collected.
    """
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)
