"""What the sessions of the official clients share: a line per check; the first that fails ends the session with 1."""

import asyncio
import sys


class Failed(BaseException):
    """No `except Exception` on the way hides it."""


def check(holds: bool, what: str, found: object = "") -> None:
    print(f"  {'ok' if holds else 'FAILED'}: {what}{'' if holds else f', got {found!r}'}", flush=True)
    if not holds:
        raise Failed(what)


async def raised(awaitable) -> Exception | None:
    """What it fails with, or None."""
    try:
        await awaitable
    except Exception as error:
        return error
    return None


def session(main) -> None:
    """Runs `main` with the address that the program was given."""
    try:
        asyncio.run(asyncio.wait_for(main(sys.argv[1]), timeout=60))
    except Failed:
        sys.exit(1)
