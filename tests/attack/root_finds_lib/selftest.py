# SPDX-License-Identifier: Apache-2.0
"""The searcher is tried before it is believed: every encoding and every shortest piece must be found, once, and nothing else."""
import base64
import os

from .canaries import MARK, PIECE, Search, fresh


def failures():
    search, canary, key, secret = Search(), fresh(), fresh(32), os.urandom(32)
    search.add("canary", canary)
    search.add("key", key)
    search.add_unmarked("secret", secret)
    noise = os.urandom(1000).replace(MARK, b"")

    def expect(what, data, wanted):
        found = sorted(match.canary for match in search.in_bytes(noise + data + noise))
        return [] if found == wanted else [f"{what}: expected {wanted}, found {found}"]

    wrong = expect("nothing", b"", [])
    for name, value in (("canary", canary), ("key", key)):
        for begin in range(len(value) - PIECE + 1):
            piece = value[begin:begin + PIECE]
            wrong += expect(f"piece at {begin}", piece, [name])
            wrong += expect(f"reversed piece at {begin}", piece[::-1], [name])
            wrong += expect(f"hex of piece at {begin}", piece.hex().encode(), [name])
        for before in range(3):
            wrong += expect(f"base64 after {before}", base64.b64encode(b"x" * before + value), [name])
        wrong += expect("HEX", value.hex().upper().encode(), [name])
        for order in ("le", "be"):
            wrong += expect(f"utf-16-{order}", value.decode().encode(f"utf-16-{order}"), [name])
    wrong += expect("a piece that is too short", canary[:PIECE - 1], [])
    wrong += expect("another canary", fresh(), [])
    wrong += expect("secret", secret, ["secret"])
    wrong += expect("half a secret", secret[16:], ["secret"])
    wrong += expect("two", canary + key, ["canary", "key"])
    return wrong
