#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills a program that writes to a volume with SIGKILL at random moments and looks, with `redoubt volume`, whether everything that
had returned is there: every append, the last record of every slot, the rename. The next round goes on with the same volume.

Usage: volume_kill9.py REDOUBT WRITER [ROUNDS]     (REDOUBT: the command; redoubt-run lies beside it)
Exit status: 0 nothing was lost, 1 something was, 2 usage.
"""

import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import time

RECORD = 512
SLOTS = 64


def manifest_for(program, path):
    tool = pathlib.Path(__file__).resolve().parent.parent / "e2e/programs/manifest.py"
    subprocess.run([sys.executable, tool, path, "--file", program], check=True)


class Volume:
    def __init__(self, redoubt, directory):
        self.redoubt = redoubt
        self.directory = pathlib.Path(directory)
        self.key = self.directory.parent / "key"
        self.key.write_text(random.randbytes(32).hex())
        self.command("create")

    def command(self, name, *arguments):
        done = subprocess.run([self.redoubt, "volume", name, "--key-file", self.key, self.directory, *arguments],
                              capture_output=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"redoubt volume {name}: {done.returncode}: {done.stderr.decode()}")
        return done.stdout

    def numbers(self, file):
        content = self.command("cat", file)
        return [number for (number,) in struct.iter_unpack("<Q", content)]


def run_and_kill(runtime, manifest, volume, writer, first, delay):
    """What had returned when the writer was killed: {what: last number}."""
    child = subprocess.Popen(
        [runtime, "--launch", f"--insecure-manifest={manifest}",
         f"--insecure-volume={volume.directory}={volume.key.read_text()}", f"--program={writer}", "--",
         writer, volume.directory, str(first)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    first_line = child.stdout.readline()
    time.sleep(delay)  # the moment, not a wait for something
    child.kill()
    rest, errors = child.communicate()
    if child.returncode != -9:
        raise AssertionError(f"the writer ended by itself: {child.returncode}: {errors}")
    returned = {}
    for line in (first_line + rest).splitlines(keepends=True):
        if line.endswith("\n"):
            what, number = line.split()
            returned[what] = int(number)
    return returned


def check(volume, returned, history, left_over):
    """Compares the volume with what returned; gives the appends that the next round must find. `left_over`: files whose unlink an earlier
    kill prevented."""
    appended = volume.numbers("/appended")
    assert appended[: len(history)] == history, "earlier appends changed"
    assert appended == sorted(appended), "appends out of order"
    assert returned["append"] in appended, f"append {returned['append']} is lost; the last is {appended[-1]}"
    slots = volume.numbers("/slots")
    per_record = RECORD // 8
    for slot in range(0, len(slots) // per_record):
        record = slots[slot * per_record : (slot + 1) * per_record]
        assert len(set(record)) == 1, f"slot {slot} is torn"
    if "at" in returned:
        number = returned["at"]
        assert slots[number % SLOTS * per_record] >= number, f"record {number} is lost"
    if "name" in returned:
        assert volume.numbers("/named")[0] >= returned["name"], "the rename is lost"
    left = {int(name.removeprefix("/gone-")) for name in volume.command("ls").decode().split() if name.startswith("/gone-")}
    assert left_over <= left, f"lost: {left_over - left}"
    came_back = {number for number in left - left_over if number <= returned.get("gone", -1)}
    assert not came_back, f"came back: {came_back}"
    left_over |= left
    return appended


def main():
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    redoubt, writer = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 50
    seed = random.randrange(1 << 32)
    random.seed(seed)
    with tempfile.TemporaryDirectory(prefix="redoubt-kill9.") as temporary:
        volume = Volume(redoubt, pathlib.Path(temporary) / "volume")
        manifest = pathlib.Path(temporary) / "manifest"
        manifest_for(writer, manifest)
        history = []
        left_over = set()
        operations = 0
        for number in range(rounds):
            first = history[-1] + 1 if history else 1
            delay = random.choice([0, 0.001, 0.01, 0.05]) * random.random() * 2
            returned = run_and_kill(redoubt.parent / "redoubt-run", manifest, volume, writer, first, delay)
            try:
                history = check(volume, returned, history, left_over)
            except AssertionError as wrong:
                print(f"round {number}, seed {seed}: {wrong}", file=sys.stderr)
                return 1
            operations += returned["append"] - first
        verdict = volume.command("verify").decode().strip()
        print(f"{rounds} kills, {operations} rounds of the writer, nothing lost; {verdict}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
