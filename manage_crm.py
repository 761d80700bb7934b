#!/usr/bin/env python3
"""Kairos, the one program: `python3 manage_crm.py` and a verb, or without a verb the menu.

It needs nothing but CPython 3.11 or newer: what else Kairos needs is put into `.venv` beside this file by
console/bootstrap.py, once, and then this file goes on inside it. It is written so that an old Python can
read it and say what is missing.
"""

import os
import sys


def refusal(major: int, minor: int, system: str) -> str:
    """One sentence that says why Kairos can't run here; empty when it can."""
    if (major, minor) < (3, 11):
        return f"Kairos needs Python 3.11 or newer, this is {major}.{minor}: start it with python3.12, say."
    if system != "posix":
        return "Kairos runs on Linux and macOS; on Windows start it in WSL or in a container."
    return ""


def main() -> None:
    """Check the Python, see to the environment, go on in it."""
    reason = refusal(sys.version_info[0], sys.version_info[1], os.name)
    if reason:
        sys.exit(reason)
    # Small matrices are fastest on one thread (20 times where cores are busy), and sums then never vary.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # One pool of memory for all threads: those of the database would each keep a fragmented one.
    os.environ.setdefault("MALLOC_ARENA_MAX", "1")
    from console import bootstrap

    bootstrap.ensure(os.path.dirname(os.path.realpath(__file__)), sys.argv[1:])
    from console.main import main as console

    console()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:  # while it was still loading; later the console says it
        sys.exit(130)
