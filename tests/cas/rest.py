#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every route of CAS over HTTPS, as its users call it: replies, refusals and their form, identities, restart, signals."""

import json
import os
import pathlib
import resource
import signal
import socket
import ssl
import stat
import subprocess
import tempfile
import time

from cas_process import WIRE, Cas, Failed, make_client, session, verify_audit
from instance import Program, Refused, new_key, volume_session

WIRE_HEADERS = {"Content-Type": WIRE}


def problem(reply, status, check):
    """A refusal in the form of RFC 9457."""
    found, body = reply
    assert found == status and body["status"] == status, f"expected {status}, found {reply}"
    assert body["check"] == check and body["type"] == f"urn:redoubt:problem:{check}", f"expected {check}, found {body}"
    assert all(isinstance(body[member], str) for member in ("title", "expected", "actual", "remedy")), body


def starts(directory):
    """What is refused before CAS is ready, with which status."""
    def refused(status, data, *options, listen="127.0.0.1:0"):
        try:
            Cas(data, *options, listen=listen).kill()
        except Failed as failed:
            assert str(failed).startswith(f"status {status},"), failed
            return str(failed)
        raise AssertionError(f"{data} {options}: CAS started")

    refused(2, f"{directory}/none", "--nonsense")
    refused(2, f"{directory}/none", "--log-level", "loud")
    assert "root certificate" in refused(1, f"{directory}/none", "--root", "/dev/null")
    assert "collateral" in refused(1, f"{directory}/none", "--collateral", "/etc/passwd")
    assert "numeric address" in refused(1, f"{directory}/none", listen="localhost:1")
    os.mkdir(f"{directory}/open", 0o755)
    assert "others may read" in refused(3, f"{directory}/open")
    os.mkdir(f"{directory}/foreign", 0o700)
    subprocess.run(["/usr/bin/python3", "-c", "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('create table x(y)')",
                    f"{directory}/foreign/cas.db"], check=True)
    os.chmod(f"{directory}/foreign/cas.db", 0o600)
    assert "another program" in refused(3, f"{directory}/foreign")


def sessions(cas, alice, bob):
    name, path = "shop/cache", "/v1/sessions/shop/cache"
    text = session(name, "canary-1")
    problem(cas.json("PUT", path, text), 401, cas.json("PUT", path, text)[1]["check"])
    status, created = cas.json("PUT", path, text, alice)
    assert status == 201 and created["created"] and created["name"] == name and len(created["hash"]) == 64, created
    status, headers, body = cas.request("GET", path, certificate=alice)
    assert status == 200 and body.decode() == text and headers["Redoubt-Session-Hash"] == created["hash"]
    assert headers["Content-Type"] == "application/yaml" and headers["Cache-Control"] == "no-store"
    assert cas.request("GET", "/v1/sessions/shop%2Fcache", certificate=alice)[2] == body
    assert cas.json("GET", path + "?hash", certificate=alice)[1] == {"name": name, "hash": created["hash"]}
    status, headers, body = cas.request("HEAD", path, certificate=alice)
    assert status == 200 and body == b"" and headers["Content-Length"] == str(len(text))

    # Others, and nobody.
    for certificate in (bob, None):
        for address in (path, path + "?hash"):
            status, body = cas.json("GET", address, certificate=certificate)
            assert status in (401, 403, 404) and "canary" not in json.dumps(body), body
        status, _ = cas.json("PUT", path, session(name, "stolen", f"predecessor: {created['hash']}"), certificate)
        assert status in (401, 403, 404), status

    # Updates.
    assert cas.json("PUT", path, text, alice)[0] in (200, 409)
    status, refusal = cas.json("PUT", path, session(name, "canary-2"), alice)
    assert status == 409, refusal
    second = session(name, "canary-2", f"predecessor: {created['hash']}")
    status, updated = cas.json("PUT", path, second, alice)
    assert status == 200 and not updated["created"] and updated["hash"] != created["hash"]
    status, refusal = cas.json("PUT", path, session(name, "canary-3", f"predecessor: {created['hash']}"), alice)
    assert status == 409, refusal

    # Mistakes.
    status, refusal = cas.json("PUT", "/v1/sessions/x", "name: x\nversion: 7\nservices: 3\n", alice)
    assert status == 422 and len(refusal["mistakes"]) >= 2 and refusal["mistakes"][0]["line"] >= 1, refusal
    status, refusal = cas.json("PUT", "/v1/sessions/other", text, alice)
    assert status in (400, 422), refusal
    status, listed = cas.json("GET", "/v1/sessions?prefix=shop/", certificate=alice)
    assert status == 200 and listed == {"sessions": [name]}, listed
    assert cas.json("GET", f"/v1/sessions?after={name}", certificate=alice)[1] == {"sessions": []}
    problem(cas.json("GET", "/v1/sessions?prefx=a", certificate=alice), 400, "request.query")
    problem(cas.json("GET", path + "?hsah", certificate=alice), 400, "request.query")
    problem(cas.json("GET", path + "?hash&hash", certificate=alice), 400, "request.query")

    status, checked = cas.json("POST", "/v1/sessions/check", second)
    assert status == 200 and checked["hash"] == updated["hash"] and checked["warnings"] == [], checked
    status, refusal = cas.json("POST", "/v1/sessions/check", "name: [")
    assert status == 422 and refusal["mistakes"], refusal
    return updated["hash"]


def public_values(cas, alice):
    text = ('name: public\nversion: "0.3"\nsecrets:\n  - { name: key, kind: private-key }\n'
            "  - { name: ca, kind: x509-ca, private_key: key, common_name: test CA, export_public: true }\n")
    status, reply = cas.json("PUT", "/v1/sessions/public", text, alice)
    assert status == 201, reply
    status, headers, pem = cas.request("GET", "/v1/values/session=public,secret=ca")
    assert status == 200 and pem.startswith(b"-----BEGIN CERTIFICATE-----"), pem
    assert headers["Content-Type"].startswith("text/plain"), headers
    status, headers, der = cas.request("GET", "/v1/values/session=public,secret=ca,form=crt:der")
    assert status == 200 and der == ssl.PEM_cert_to_DER_cert(pem.decode()) and headers["Content-Type"].endswith("octet-stream")
    for rest in ("session=public,secret=key", "session=public,secret=ca,form=privatekey", "session=public,secret=none",
                 "session=none,secret=ca"):
        status, reply = cas.json("GET", f"/v1/values/{rest}")
        assert status in (400, 403, 404), (rest, reply)
    for rest in ("x", "session=a", "session=a,", "secret=a,session=b", "session=a,secret=b,", "session=,secret=b",
                 "session=a,secret=b,form=", "session=a,secret=b,form=c,d=e"):
        problem(cas.json("GET", f"/v1/values/{rest}"), 400, "request.path")


def attestation(cas):
    # A nonce a request, 2 bytes of version and 32 of nonce; a step out of order ends the connection.
    connection = cas.connect()
    replies = [cas.request("POST", "/v1/attest/challenge", b"", headers=WIRE_HEADERS, connection=connection)]
    status, headers, body = replies[0]
    assert status == 200 and headers["Content-Type"] == WIRE and len(body) == 34, replies
    connection.close()
    for path in ("/v1/attest", "/v1/attest/configuration", "/v1/attest/templates"):
        status, headers, body = cas.request("POST", path, b"\x00" * 100, headers=WIRE_HEADERS)
        assert 400 <= status < 500 and headers["Content-Type"] == WIRE and headers["Connection"] == "close", (path, status, body)
        status, reply = cas.json("POST", path, b"{}", headers={"Content-Type": "application/json"})
        assert status == 415 and reply["check"] == "request.content-type"


def operations(cas):
    assert cas.request("GET", "/healthz")[2] == b"ok\n"
    assert cas.json("GET", "/readyz") == (200, {"ready": True, "store": True, "audit": True})
    identity = cas.json("GET", "/v1/identity")[1]
    assert identity["key_hash"] == cas.key_hash and identity["simulated_root"] is False and identity["roots"] == []
    assert (cas.data / "cas.key-hash").read_text().strip() == cas.key_hash
    assert cas.request("GET", "/v1/audit/key")[2] == (cas.data / "audit.pub").read_bytes()
    give_up = time.monotonic() + 60  # connections that have ended here may still be ending there
    while True:
        metrics = cas.request("GET", "/metrics")[2].decode()
        if "redoubt_cas_open_connections 1\n" in metrics or time.monotonic() > give_up:
            break
    for line in ('redoubt_cas_requests_total{route="PUT /v1/sessions/{name}",status="201"} ', "redoubt_cas_audit_sequence ",
                 'redoubt_cas_attestations_total{outcome="refused"} ', "redoubt_cas_open_connections 1"):
        assert line in metrics, f"{line} is not in {metrics}"
    problem(cas.json("GET", "/nothing"), 404, "request.path")
    for method, path, allow in (("DELETE", "/v1/sessions/a", "PUT, GET, HEAD"), ("GET", "/v1/attest", "POST"),
                                ("POST", "/metrics", "GET, HEAD"), ("TRACE", "/healthz", "GET, HEAD")):
        status, headers, _ = cas.request(method, path)
        assert status == 405 and headers["Allow"] == allow, (method, path, status, headers)
    # Others find this CAS by the hash of its key.
    pinned = subprocess.run(["curl", "-sS", "--cacert", cas.data / "cas.pem", f"https://127.0.0.1:{cas.port}/healthz"],
                            capture_output=True, check=False)
    assert pinned.stdout == b"ok\n", pinned


def tls(cas, directory, alice):
    context = ssl.create_default_context(cafile=cas.data / "cas.pem")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    try:
        with socket.create_connection(("127.0.0.1", cas.port)) as plain, context.wrap_socket(plain, server_hostname="localhost"):
            raise AssertionError("TLS 1.2 was accepted")
    except (ssl.SSLError, ConnectionError):
        pass
    # An expired certificate is as good as any: the key is the identity, and nobody vouches for dates.
    name, path = "tls/expired", "/v1/sessions/tls/expired"
    subprocess.run(["openssl", "req", "-x509", "-new", "-key", alice[1], "-out", f"{directory}/expired.pem", "-subj", "/CN=old",
                    "-days", "-1"], check=False, capture_output=True)
    if pathlib.Path(f"{directory}/expired.pem").exists():
        assert cas.json("PUT", path, session(name, "x"), alice)[0] == 201
        assert cas.request("GET", path, certificate=(f"{directory}/expired.pem", alice[1]))[0] == 200
    # No ticket, so nothing to resume with.
    with socket.create_connection(("127.0.0.1", cas.port)) as plain:
        with cas.tls().wrap_socket(plain, server_hostname="localhost") as secure:
            secure.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
            assert b"200 OK" in secure.recv(1000)
            assert secure.version() == "TLSv1.3"
            assert secure.session is None or not secure.session.has_ticket, "CAS gave a ticket"


def full_disk(cas, alice):
    """Files that may not grow stand for a full disk: write(2) fails in the same place."""
    before = resource.prlimit(cas.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(cas.process.pid, resource.RLIMIT_FSIZE, ((cas.data / "audit.log").stat().st_size, before[1]))
    for _ in range(2):
        status, refusal = cas.json("PUT", "/v1/sessions/full", session("full", "x"), alice)
        assert status == 503 and str(cas.data) not in json.dumps(refusal), refusal
    assert cas.json("GET", "/readyz")[0] == 503
    assert cas.request("GET", "/healthz")[0] == 200
    resource.prlimit(cas.process.pid, resource.RLIMIT_FSIZE, before)
    assert cas.json("GET", "/readyz")[0] == 200
    assert cas.json("GET", "/v1/sessions/full", certificate=alice)[0] == 404
    assert cas.json("PUT", "/v1/sessions/full", session("full", "x"), alice)[0] == 201


def restart(cas, directory, alice, expected_hash):
    canaries = [b"canary-1", b"canary-2"]
    assert cas.stop() == 0
    sequence = verify_audit(cas.data)
    for file in cas.data.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
        assert not any(canary in file.read_bytes() for canary in canaries), f"{file} holds a secret"
    assert not any(canary in cas.log.read_bytes() for canary in canaries)
    again = Cas(cas.data)
    assert again.key_hash == cas.key_hash
    assert again.json("GET", "/v1/sessions/shop/cache?hash", certificate=alice)[1]["hash"] == expected_hash
    again.process.send_signal(signal.SIGHUP)
    # A request that runs is answered, an idle connection is closed, and CAS ends.
    idle = again.connect()
    again.request("GET", "/healthz", connection=idle)
    again.process.send_signal(signal.SIGTERM)
    assert idle.sock.recv(10) == b""
    assert again.process.wait(timeout=20) == 0
    assert verify_audit(cas.data) > sequence
    # The audit log is cut: CAS does not go on.
    log = cas.data / "audit.log"
    good = log.read_bytes()
    log.write_bytes(good[:good.rstrip(b"\n").rfind(b"\n") + 1])
    try:
        Cas(cas.data).kill()
        raise AssertionError("CAS started with a cut audit log")
    except Failed as failed:
        assert "status 3" in str(failed) and "cut" in str(failed), failed
    log.write_bytes(good)
    assert Cas(cas.data).stop() == 0


def volumes(cas, alice, bob):
    """Volumes from the first start to forgetting, over the network; who may see and who may forget."""
    status, body = cas.json("PUT", "/v1/sessions/vol", volume_session("vol"), alice)
    assert status == 201, body
    where = "/v1/volumes?session=vol"
    for client, status in ((None, 401), (bob, 403)):
        problem(cas.json("GET", where, certificate=client), status, "session.access-policy")
        problem(cas.json("POST", "/v1/volumes/forget?session=vol&volume=data", certificate=client), status, "session.access-policy")
    problem(cas.json("GET", "/v1/volumes", certificate=alice), 400, "request.query")
    problem(cas.json("GET", "/v1/volumes?session=none", certificate=alice), 404, "session.name")
    problem(cas.json("POST", "/v1/volumes/forget?session=vol", certificate=alice), 400, "request.query")
    problem(cas.json("POST", "/v1/volumes/forget?session=vol&volume=data&contents=x", certificate=alice), 400, "request.query")
    problem(cas.json("POST", "/v1/volumes/forget?session=vol&volume=other", certificate=alice), 404, "volume.name")

    def shown():
        status, body = cas.json("GET", where, certificate=alice)
        assert status == 200, body
        return body["volumes"][0]

    assert shown() == {"name": "data", "state": "none", "files": "encrypted", "in_session": True, "key": "generated"}, shown()
    program = Program(cas, "vol", new_key())
    assert program.volume.initialise and program.volume.lease == 1
    assert shown()["state"] == "initialising"
    program.tag(1)
    found = shown()
    assert (found["state"], found["tag_sequence"], found["lease"]) == ("tag", 1, 1), found
    assert program.volume.key.hex() not in json.dumps(found)
    status, body = cas.json("POST", "/v1/volumes/forget?session=vol&volume=data", certificate=alice)
    assert status == 200 and body["id"] == program.volume.id.hex(), body
    try:
        program.tag(2)
        raise AssertionError("a tag of a forgotten volume was kept")
    except Refused as refused:
        assert refused.args == ("volume.lease", 409), refused
    again = Program(cas, "vol", new_key()).volume
    assert again.initialise and again.id != program.volume.id and again.key != program.volume.key
    for path in ("/v1/instance", "/v1/volumes/tag"):
        status, _, _ = cas.request("POST", path, b"", headers=WIRE_HEADERS)
        assert status == 400, status
        problem(cas.json("POST", path, b"{}"), 415, "request.content-type")


def main():
    with tempfile.TemporaryDirectory(prefix="redoubt-cas-rest.") as directory:
        starts(directory)
        alice, bob = make_client(directory, "alice"), make_client(directory, "bob")
        cas = Cas(f"{directory}/data")
        try:
            last_hash = sessions(cas, alice, bob)
            public_values(cas, alice)
            attestation(cas)
            volumes(cas, alice, bob)
            operations(cas)
            tls(cas, directory, alice)
            full_disk(cas, alice)
            restart(cas, directory, alice, last_hash)
        except BaseException:
            print(cas.log.read_text()[-3000:])
            raise
        finally:
            if cas.running():
                cas.kill()
    print("all routes answered as documented")


if __name__ == "__main__":
    main()
