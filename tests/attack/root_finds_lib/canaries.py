# SPDX-License-Identifier: Apache-2.0
"""Canaries and how they are found again.

A canary is a fresh random text (or key) that goes into a program on one way only: whoever finds it in a place knows that what goes
this way reaches that place. It is found whole or in pieces of at least 12 bytes, as it is, reversed, in hexadecimal, in base64 at any
alignment, and in UTF-16.

Searching for every piece in every encoding would take minutes. So each eight bytes of a canary begin with the four bytes of this
run's mark: every piece of 12 bytes holds the mark once, and one search for it, in each encoding, finds all pieces of all canaries.
Secrets that others make (of a TLS connection) have no mark; they are found by halves, as they are and in hexadecimal.
"""
import base64
import dataclasses
import secrets
import string

PIECE = 12  # bytes of a canary that count as found
BLOCK = 8
ALPHABET = string.ascii_letters + string.digits
MARK = "".join(secrets.choice(ALPHABET) for _ in range(4)).encode()


def fresh(size=24):
    """A marked canary of `size` bytes, a multiple of eight: letters and digits, fit for every place."""
    return b"".join(MARK + "".join(secrets.choice(ALPHABET) for _ in range(BLOCK - 4)).encode() for _ in range(size // BLOCK))


@dataclasses.dataclass(frozen=True)
class Form:
    """One canary in one encoding: found where at least `least` bytes in a row agree."""

    canary: str
    encoding: str
    text: bytes
    least: int


@dataclasses.dataclass(frozen=True)
class Match:
    canary: str
    begin: int
    end: int
    encoding: str


def in_base64(value, shift):
    """The characters of base64 that depend on `value` alone, when it begins `shift` bytes after a multiple of three."""
    text = base64.b64encode(bytes(shift) + value)
    return text[-(-8 * shift // 6):8 * (shift + len(value)) // 6]


def encodings(value):
    yield "plain", value, 1
    yield "reversed", value[::-1], 1
    yield "hex", value.hex().encode(), 2
    yield "HEX", value.hex().upper().encode(), 2
    yield "UTF-16", b"\0".join(bytes([byte]) for byte in value), 2



class Search:
    """Finds any of the canaries in bytes: search.add(name, value), search.in_bytes(data)."""

    def __init__(self):
        self.anchors = {}  # what is searched for -> the forms that hold it

    def _add(self, anchor, form):
        self.anchors.setdefault(anchor, []).append(form)

    def add(self, name, value):
        """A marked canary."""
        for (encoding, text, wide), (_, anchor, _) in zip(encodings(value), encodings(MARK)):
            self._add(anchor, Form(name, encoding, text, PIECE * wide - (encoding == "UTF-16")))
        for shift in range(3):
            text = in_base64(value, shift)
            for mark_shift in range(3):
                anchor = in_base64(MARK, mark_shift)
                if anchor in text:
                    self._add(anchor, Form(name, "base64", text, PIECE * 8 // 6))

    def add_unmarked(self, name, value):
        """A secret of others, of at least 16 bytes."""
        half = len(value) // 2
        for encoding, text, wide in (("plain", value, 1), ("hex", value.hex().encode(), 2)):
            for begin in (0, half * wide):
                self._add(text[begin:begin + half * wide], Form(name, encoding, text, min(half, PIECE) * wide))

    def in_bytes(self, data):
        """Matches in order. What overlaps is one: several marks of one occurrence, digits that are the same in hex and HEX."""
        found = set()
        for anchor, forms in self.anchors.items():
            at = data.find(anchor)
            while at >= 0:
                for form in forms:
                    found |= set(matches_around(data, at, anchor, form))
                at = data.find(anchor, at + 1)
        apart, until = [], {}
        for match in sorted(found, key=lambda match: (match.begin, -match.end)):
            if match.begin >= until.get(match.canary, 0):
                apart.append(match)
            until[match.canary] = max(match.end, until.get(match.canary, 0))
        return apart


def matches_around(data, at, anchor, form):
    """The matches of a form that hold the anchor found in data[at:], as long as they are."""
    place = form.text.find(anchor)
    while place >= 0:
        begin, first = at, place
        while begin > 0 and first > 0 and data[begin - 1] == form.text[first - 1]:
            begin, first = begin - 1, first - 1
        end, last = at + len(anchor), place + len(anchor)
        while end < len(data) and last < len(form.text) and data[end] == form.text[last]:
            end, last = end + 1, last + 1
        if end - begin >= form.least:
            yield Match(form.canary, begin, end, form.encoding)
        place = form.text.find(anchor, place + 1)
