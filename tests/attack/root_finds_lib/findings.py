# SPDX-License-Identifier: Apache-2.0
"""What was found where: a count for each place and canary, with examples, and what could not be looked at."""
import collections
import hashlib

PIECE_SIZE = 16 << 20
OVERLAP = 512  # longer than any form of a canary, so that none is lost where two pieces meet


class Findings:
    """Of one mode, native or protected."""

    def __init__(self, search):
        self.search = search
        self.counts = collections.defaultdict(collections.Counter)  # place -> canary -> how often
        self.examples = collections.defaultdict(list)  # (place, canary) -> where, in which encoding
        self.looked_at = collections.Counter()  # place -> bytes
        self.gaps = []  # what could not be looked at, and why
        self._known = {}  # digest -> matches: the same libraries are mapped by many

    def look(self, place, label, data):
        """Searches bytes, or an iterable of (offset, bytes) whose neighbours may belong together."""
        self.looked_at[place] += 0
        if isinstance(data, (bytes, bytearray)):
            data = [(0, data)] if data else []
        tail, end = b"", None
        for offset, piece in data:
            self.looked_at[place] += len(piece)
            before = tail if offset == end else b""
            end = offset + len(piece)
            for match in self._matches(before + piece):
                if match.end > len(before):  # else it was found in the piece before
                    self._found(place, label, match)
            tail = (before + piece)[-OVERLAP:]

    def _matches(self, data):
        digest = hashlib.blake2b(data).digest()
        if digest not in self._known:
            self._known[digest] = self.search.in_bytes(data)
        return self._known[digest]

    def _found(self, place, label, match):
        self.counts[place][match.canary] += 1
        example = f"{label} ({match.encoding})"
        examples = self.examples[place, match.canary]
        if example not in examples and len(examples) < 5:
            examples.append(example)

    def gap(self, reason):
        if reason not in self.gaps:
            self.gaps.append(reason)
