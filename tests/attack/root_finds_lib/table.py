# SPDX-License-Identifier: Apache-2.0
"""What was found, as a table for people (place by canary, native/protected), as JSON, and as a verdict."""
import json

from .places import PLACES, MayHold
from .program import KEYS, NATIVE_KEYS, PROGRAM

COLUMNS = (*PROGRAM, *KEYS)
PLACE_WIDTH, CELL_WIDTH = 17, 8
RED, GREEN, YELLOW, PLAIN = "\033[31m", "\033[32m", "\033[33m", "\033[0m"


def is_allowed(place, canary):
    return place.may_hold is MayHold.PROGRAM and canary in PROGRAM


def leaks(protected):
    """(place, canary) of everything that is found and must not be."""
    return [(place, canary) for place in PLACES for canary in COLUMNS
            if protected.counts[place.name][canary] and not is_allowed(place, canary)]


def unproved(native):
    """Canaries that the native run shows nowhere: the search, or the exercise, is broken."""
    return [canary for canary in (*PROGRAM, *NATIVE_KEYS) if not any(native.counts[place.name][canary] for place in PLACES)]


def unshown(protected):
    """The canary that must be seen where root gets at shared mappings, if that place was looked at: else its other rows would prove nothing."""
    is_missing = "shared mappings" in protected.looked_at and not protected.counts["shared mappings"]["mapped"]
    return ["mapped"] if is_missing else []


def unsearched(native, protected):
    """Places where nothing at all was looked at."""
    missing = [f"{place.name} (natively)" for place in PLACES if not place.only_protected and place.name not in native.looked_at]
    return missing + [f"{place.name} (protected)" for place in PLACES if place.name not in protected.looked_at]


def cell(place, canary, native, protected):
    """Text and colour."""
    has_native = not place.only_protected and (canary in PROGRAM or canary in NATIVE_KEYS)
    before = "-" if not has_native else str(native.counts[place.name][canary]) if place.name in native.looked_at else "?"
    after = str(protected.counts[place.name][canary]) if place.name in protected.looked_at else "?"
    colour = GREEN if after == "0" else YELLOW if after == "?" or is_allowed(place, canary) else RED
    return f"{before}/{after}", colour


def print_table(native, protected, is_coloured):
    print(f"{'':<{PLACE_WIDTH}}" + "".join(f"{name:>{max(CELL_WIDTH, len(name) + 2)}}" for name in COLUMNS))
    before = MayHold.NOTHING
    for place in PLACES:
        if place.may_hold is not before:
            before = place.may_hold
            print(before.value + ":")
        line = f"{place.name:<{PLACE_WIDTH}}"
        for name in COLUMNS:
            text, colour = cell(place, name, native, protected)
            padded = f"{text:>{max(CELL_WIDTH, len(name) + 2)}}"
            line += colour + padded + PLAIN if is_coloured else padded
        print(line)


def as_json(native, protected, extra):
    def of(findings, place):
        return {name: findings.counts[place][name] for name in COLUMNS} if place in findings.looked_at else None

    rows = [{"place": place.name, "what": place.what, "may_hold": place.may_hold.name.lower(), "native": of(native, place.name),
             "protected": of(protected, place.name), "bytes": [native.looked_at[place.name], protected.looked_at[place.name]],
             "examples": {name: protected.examples[place.name, name] for name in COLUMNS if protected.examples[place.name, name]}}
            for place in PLACES]
    return json.dumps({"places": rows, "canaries": {**PROGRAM, **KEYS}} | extra, indent=1)
