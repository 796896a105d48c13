"""Closes the processes that hold keys to others of the same system user, such as a decoder that was taken over."""

import ctypes
import sys
from typing import Final

PR_SET_DUMPABLE: Final = 4


def close_to_others() -> None:
    """Let nobody but root read this process's memory and environment in /proc, or attach to it; Linux only.

    What is forked from it is closed too, what it starts as a program of its own is not. There are no core dumps then.
    """
    if sys.platform == "linux" and ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "The process could not be closed to others.")
