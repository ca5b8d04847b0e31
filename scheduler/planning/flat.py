"""One buffer for a whole tuple of integer arrays, and the views of it.

Machine code takes a plan's seventy arrays as one (a call that hands over each of them by itself costs more than what is
called), Python takes the views. The buffer begins with a directory: for each array where it begins, how far apart its
rows and its planes lie, and its size. Not here: who reads the directory (``compiled``).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
#: Numbers a directory entry has: begin, stride of the first index, of the second, size.
ENTRY = 4


def pack(arrays: dict[str, Any]) -> tuple[dict[str, Ints], Ints]:
    """Views with the contents of ``arrays`` (at most three dimensions each), and the buffer they are in."""
    at = ENTRY * len(arrays)
    total = at + sum(array.size for array in arrays.values())
    buffer = np.empty(total, dtype=np.int64)
    views = {}
    for i, (name, array) in enumerate(arrays.items()):
        view = buffer[at : at + array.size].reshape(array.shape)
        view[...] = array
        strides = [s // view.itemsize for s in view.strides[:-1]]
        buffer[ENTRY * i : ENTRY * (i + 1)] = [at, *[*strides, 1, 1][:2], array.size]
        views[name] = view
        at += array.size
    return views, buffer
