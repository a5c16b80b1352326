#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tags_kill.py ROUNDS: CAS is killed (SIGKILL) at random moments while programs send tags of their volumes; none that was
acknowledged may be lost, and none that was not sent may appear. A program that is killed before its first tag initialises again."""

import http.client
import random
import sys
import tempfile
import threading
import time

from cas_process import Cas, make_client, verify_audit
from instance import Program, Refused, new_key, volume_session

PROGRAMS = 4


class Writer(threading.Thread):
    """Starts a program of its own session and sends tags until the connection breaks."""

    def __init__(self, cas, session, acknowledged):
        super().__init__()
        self.cas, self.session, self.acknowledged, self.sent, self.error = cas, session, acknowledged, acknowledged, None

    def run(self):
        try:
            program = Program(self.cas, self.session, new_key())
            volume = program.volume
            # What the last round was told, or the one tag whose answer the kill cut off.
            if volume.sequence < self.acknowledged[0] or volume.sequence > self.acknowledged[1]:
                self.error = f"{self.session}: acknowledged {self.acknowledged}, found {volume.sequence}"
                return
            if volume.initialise != (volume.sequence == 0):
                self.error = f"{self.session}: initialise {volume.initialise} with tag {volume.sequence}"
                return
            last = volume.sequence
            self.acknowledged = (last, last)
            while True:
                self.acknowledged = (last, last + 1)
                program.tag(last + 1)
                last += 1
                self.acknowledged = (last, last)
        except Refused as refused:
            self.error = f"{self.session}: {refused}"
        except (OSError, http.client.HTTPException):
            pass  # killed


def main():
    rounds = int(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    moments = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="redoubt-cas-tags.") as directory:
        certificate = make_client(directory, "client")
        cas = Cas(f"{directory}/data")
        known = {f"s{index}": (0, 0) for index in range(PROGRAMS)}
        for session in known:
            status, body = cas.json("PUT", f"/v1/sessions/{session}", volume_session(session), certificate)
            assert status == 201, body
        cut_off = 0
        for _ in range(rounds):
            writers = [Writer(cas, session, state) for session, state in known.items()]
            for writer in writers:
                writer.start()
            time.sleep(moments.uniform(0, 0.4))  # the moment of the kill is the input of this test
            cas.kill()
            for writer in writers:
                writer.join()
                assert writer.error is None, writer.error
                known[writer.session] = writer.acknowledged
                cut_off += writer.acknowledged[0] != writer.acknowledged[1]
            cas = Cas(f"{directory}/data")
            verify_audit(cas.data)
        total = sum(state[0] for state in known.values())
        assert total > rounds, f"only {total} tags were acknowledged: the test tests nothing"
        assert cut_off > 0, "no kill hit a tag"

        # Two programs on one volume: the first that writes ends the other. A foreign volume, an older tag.
        first, second = Program(cas, "s0", new_key()), Program(cas, "s0", new_key())
        base = first.volume.sequence
        second.tag(base + 1)
        for program, sequence, check in ((first, base + 2, "volume.lease"), (second, base, "volume.tag")):
            try:
                program.tag(sequence)
                raise AssertionError(f"expected {check}")
            except Refused as refused:
                assert refused.args[0] == check, refused
        status, listed = cas.json("GET", "/v1/volumes?session=s0", certificate=certificate)
        assert status == 200 and listed["volumes"][0]["tag_sequence"] == base + 1, listed
        assert cas.json("GET", "/v1/volumes?session=s0")[0] == 401
        metrics = cas.request("GET", "/metrics")[2]
        assert b'redoubt_cas_volume_tags_total{outcome="refused"} 2\n' in metrics, metrics
        assert b"redoubt_cas_volume_leases_total 2\n" in metrics, metrics
        assert cas.stop() == 0
        verify_audit(cas.data)
    print(f"{rounds} kills, {total} acknowledged tags kept, {cut_off} cut off")


if __name__ == "__main__":
    main()
