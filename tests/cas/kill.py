#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""kill.py ROUNDS: CAS is killed (SIGKILL) at random moments while clients put sessions; nothing acknowledged may be lost.

In each round clients create sessions and update them, each naming its predecessor. After the kill CAS starts again, and every
session must have the hash that was acknowledged last, or that of the one update whose answer the kill cut off; its text must be
there; and the audit log must verify. Ends at once on the first loss.
"""

import http.client
import json
import random
import sys
import tempfile
import threading
import time

from cas_process import Cas, make_client, session, verify_audit

CLIENTS = 3


class Client(threading.Thread):
    """Puts sessions until the connection breaks. Remembers of each what CAS may hold: {name: {hash: marker}}."""

    def __init__(self, cas, certificate, prefix):
        super().__init__()
        self.cas, self.certificate, self.prefix = cas, certificate, prefix
        self.acknowledged = {}
        self.in_flight = None  # (name, marker) whose answer did not come
        self.error = None

    def run(self):
        try:
            connection = self.cas.connect(self.certificate)
            for number in range(100000):
                name, predecessor = f"{self.prefix}/{number}", []
                for turn in range(3):
                    marker = f"m{number}t{turn}"
                    self.in_flight = (name, marker)
                    text = session(name, marker, *predecessor)
                    status, body = self.cas.json("PUT", f"/v1/sessions/{name}", text, connection=connection)
                    if status not in (200, 201):
                        self.error = f"PUT {name}: {status} {body}"
                        return
                    self.acknowledged[name] = (body["hash"], marker)
                    self.in_flight = None
                    predecessor = [f"predecessor: {body['hash']}"]
        except (OSError, http.client.HTTPException, json.JSONDecodeError):
            pass  # killed


def check(cas, certificate, client):
    """Everything this client was told."""
    connection = cas.connect(certificate)
    for name, (expected, marker) in client.acknowledged.items():
        status, headers, text = cas.request("GET", f"/v1/sessions/{name}", connection=connection)
        allowed = {marker} | ({client.in_flight[1]} if client.in_flight and client.in_flight[0] == name else set())
        assert status == 200, f"{name} was acknowledged and is lost: {status} {text}"
        found = [one for one in allowed if f"value: {one} ".encode() in text]
        assert found, f"{name}: expected {allowed}, found {text}"
        if found == [marker]:
            assert headers["Redoubt-Session-Hash"] == expected, f"{name}: another hash than was acknowledged"
    connection.close()


def main():
    rounds = int(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    moments = random.Random(seed)
    total = kills_in_flight = sequence = 0
    with tempfile.TemporaryDirectory(prefix="redoubt-cas-kill.") as directory:
        certificate = make_client(directory, "client")
        data = f"{directory}/data"
        cas = Cas(data)
        for number in range(rounds):
            clients = [Client(cas, certificate, f"r{number}/c{index}") for index in range(CLIENTS)]
            for client in clients:
                client.start()
            time.sleep(moments.uniform(0, 0.25))  # the moment of the kill is the input of this test
            cas.kill()
            for client in clients:
                client.join()
            cas = Cas(data)
            for client in clients:
                assert client.error is None, client.error
                check(cas, certificate, client)
                total += len(client.acknowledged)
                kills_in_flight += client.in_flight is not None
            last = verify_audit(data)
            assert last > sequence, "the audit log went back"
            sequence = last
        assert cas.stop() == 0
        verify_audit(data)
    assert total > rounds, f"only {total} sessions were acknowledged in {rounds} rounds: the test tests nothing"
    assert kills_in_flight > 0, "no kill hit a request"
    print(f"{rounds} kills, {total} acknowledged sessions kept, {kills_in_flight} requests cut off, {sequence} audit events")


if __name__ == "__main__":
    main()
