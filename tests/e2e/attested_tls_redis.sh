#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Proves: an unmodified redis-server that is configured for plain TCP speaks TLS 1.3 with a certificate that CAS made. redis-cli and
# openssl s_client with a certificate of the session's client CA work; plain text, no certificate, one of another CA and an expired one
# never reach Redis, and each leaves a line on the runtime's standard error. Nothing that is said is on the wire. What the session does not name is
# refused.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
# shellcheck source=attested_lib.sh disable=SC1091
source "$(dirname "$0")/attested_lib.sh"
need redis-server redis-cli openssl python3
services_up
fresh_work
free_port

# --- the clients' side: two authorities, and three certificates ---
P256=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
authority() { openssl req -x509 "${P256[@]}" -days 30 -subj "/CN=$1" -keyout "$T/$1.key" -out "$T/$1.pem" 2>>"$T/openssl.log"; }
certificate() {  # NAME AUTHORITY OPTION...
    local name=$1 by=$2
    shift 2
    openssl req "${P256[@]}" -subj "/CN=$name" -keyout "$T/$name.key" -out "$T/$name.csr" 2>>"$T/openssl.log"
    openssl x509 -req -in "$T/$name.csr" -CA "$T/$by.pem" -CAkey "$T/$by.key" -CAcreateserial "$@" -out "$T/$name.pem" 2>>"$T/openssl.log"
}
authority clients
authority others
certificate client clients -days 30
certificate stranger others -days 30
certificate expired clients -days 0
wait_until 5 "the certificate to expire" eval "! openssl x509 -in '$T/expired.pem' -checkend 0 -noout >/dev/null"

cat >"$T/session.yml" <<END
name: e2e/tls
version: "0.3"
services:
  - name: server
    command: [redis-server, --bind, 127.0.0.1, --port, "$PORT", --save, "", --appendonly, "no"]
    environment: { PATH: "/usr/bin:/bin" }
    attestation: [{ mrenclave: $MRENCLAVE }]
    code:
$(measured_code redis-server)
    network:
      default: refuse
      listen: [{ address: "127.0.0.1:$PORT", tls: required, identity: server, client_auth: clients }]
secrets:
  - { name: ca, kind: x509-ca, common_name: e2e CA, export_public: true }
  - { name: server, kind: x509, issuer: ca, endpoint: server, san: ["dns:localhost", "ip:127.0.0.1"] }
  - name: clients
    kind: x509-ca
    value: |
$(sed 's/^/      /' "$T/clients.pem")
security: { attestation: { tolerate: [simulation] } }
END
session_up "$T/session.yml"
"$REDOUBT" session value e2e/tls ca >"$T/ca.pem"

capture=0
if ((EUID == 0)) && type -P tcpdump >/dev/null; then
    tcpdump -i lo -B 65536 --immediate-mode -U -w "$T/wire.pcap" "tcp port $PORT" >"$T/tcpdump.out" 2>&1 &
    TCPDUMP=$!
    E2E_PIDS+=("$TCPDUMP")
    if wait_until 10 "tcpdump" line_or_death 'listening on lo' "$T/tcpdump.out" "$TCPDUMP" && line_in 'listening on lo' "$T/tcpdump.out"; then capture=1; fi
fi

start_attested e2e/tls/server
wait_for_port "$PORT" "$SERVER_PID" 30 || { cat "$T/attested.err" >&2; exit 1; }

# --- who may ---
plain() { timeout 10 redis-cli -p "$PORT" "$@" 2>&1; }
tls() { plain --tls --cacert "$T/ca.pem" "$@"; }
as() { tls --cert "$T/$1.pem" --key "$T/$1.key" "${@:2}"; }
VALUE=$(canary)
[[ $(as client SET key "$VALUE") == OK ]] || fail "redis-cli --tls: $(as client SET key "$VALUE")"
[[ $(as client GET key) == "$VALUE" ]] || fail "GET gives another value"
LARGE=$(head -c 300000 /dev/zero | tr '\0' x)
[[ $(as client -x SET large <<<"$LARGE") == OK && $(as client STRLEN large) == 300001 ]] || fail "a large value"
echo "ok redis-cli --tls with a certificate of the session's clients"

printf 'GET key\r\nQUIT\r\n' | timeout 10 openssl s_client -connect "127.0.0.1:$PORT" -CAfile "$T/ca.pem" -verify_return_error -verify_ip 127.0.0.1 \
    -cert "$T/client.pem" -key "$T/client.key" -ign_eof >"$T/s_client.out" 2>&1 || true
{ grep -q "$VALUE" "$T/s_client.out" && grep -q 'TLSv1.3' "$T/s_client.out"; } || fail "openssl s_client: $(tail -n 5 "$T/s_client.out")"
echo "ok openssl s_client, TLS 1.3, verified for 127.0.0.1"

# --- who may not ---
refused() {  # WHAT COMMAND...
    local what=$1 lines answer
    shift
    lines=$(grep -c '^redoubt: ' "$T/attested.err" || true)
    answer=$("$@" PING) || true
    [[ $answer != *PONG* ]] || fail "$what reached redis"
    wait_until 10 "a line about: $what" eval "(( \$(grep -c '^redoubt: ' '$T/attested.err') > $lines ))"
    echo "ok $what: refused, $(tail -n 1 "$T/attested.err" | cut -c -110)"
}
refused "plain text" plain
refused "TLS without a certificate" tls
refused "a certificate of another authority" as stranger
refused "an expired certificate" as expired
[[ $(as client CONFIG GET maxclients) == *maxclients* ]] || fail "redis does not serve after refused peers"

# --- what the session does not name ---
[[ $(as client REPLICAOF 127.0.0.1 1) == OK ]] || fail "REPLICAOF"
wait_until 10 "redis to be refused a connection" eval "grep -qiE 'unable to connect|error condition|connect.*(refused|denied|permitted)' '$T/attested.out'"
as client REPLICAOF NO ONE >/dev/null
echo "ok a connection that the session does not name is refused"

stop_server TERM "$SERVER_PID"
[[ $SERVER_STATUS == 0 ]] || fail "redis-server ended with status $SERVER_STATUS: $(tail -n 3 "$T/attested.err")"

if ((capture)); then
    kill -INT "$TCPDUMP"
    wait_for_exit "$TCPDUMP"
    (($(stat -c %s "$T/wire.pcap") > 100000)) || fail "the capture lacks the large value, so it proves nothing: $(tr '\n' ' ' <"$T/tcpdump.out")"
    grep -qaF -- "$VALUE" "$T/wire.pcap" && fail "the wire shows the value"
    echo "ok nothing on the wire ($(stat -c %s "$T/wire.pcap") bytes captured)"
fi
((capture)) || skip "all but the wire was looked at: a capture needs root and tcpdump"
