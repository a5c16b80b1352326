#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Proves: an unmodified redis-server gets its password as an argument and a configuration file from CAS, after attestation, and
# redis-cli works with the password that the session exports. Of fresh canaries in arguments, environment, file and session,
# nothing is found in ps, /proc/PID/cmdline and environ, the descriptors of the process, CAS's files, the logs of LAS and CAS, the
# audit log, or a capture of the wire between runtime and CAS.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
# shellcheck source=attested_lib.sh disable=SC1091
source "$(dirname "$0")/attested_lib.sh"
need redis-server redis-cli python3
services_up
fresh_work
free_port

ARGUMENT=$(canary) VARIABLE=$(canary) CONTENT=$(canary)
# A name that redis lets clients ask for carries the canary of the file.
cat >"$T/session.yml" <<END
name: e2e/redis
version: "0.3"
services:
  - name: server
    image_name: image
    command: [redis-server, /etc/redoubt/redis.conf, --port, "$PORT", --requirepass, "\$\$SCONE::pw\$\$", --proc-title-template, "$ARGUMENT"]
    environment: { PATH: "/usr/bin:/bin", CANARY: "\$\$SCONE::variable\$\$" }
    pwd: $WORK
    attestation: [{ mrenclave: $MRENCLAVE }]
    code:
$(measured_code redis-server)
    host: { directories: [$WORK] }
images:
  - name: image
    injection_files:
      - path: /etc/redoubt/redis.conf
        content: |
          bind 127.0.0.1
          save ""
          # $CONTENT
          masterauth \$\$SCONE::masterauth:hex\$\$
secrets:
  - { name: pw, kind: ascii, size: 24, export_public: true }
  - { name: variable, kind: ascii, value: "$VARIABLE" }
  - { name: masterauth, kind: binary, size: 16 }
security: { attestation: { tolerate: [simulation] } }
END
session_up "$T/session.yml"
PASSWORD=$("$REDOUBT" session value e2e/redis pw)
[[ ${#PASSWORD} == 24 ]] || fail "expected a password of 24 characters, found \"$PASSWORD\""

capture=0
if ((EUID == 0)) && type -P tcpdump >/dev/null; then
    tcpdump -i lo --immediate-mode -U -w "$T/wire.pcap" "tcp port ${CAS_ADDRESS##*:}" >"$T/tcpdump.out" 2>&1 &
    TCPDUMP=$!
    E2E_PIDS+=("$TCPDUMP")
    if wait_until 10 "tcpdump" line_or_death 'listening on lo' "$T/tcpdump.out" "$TCPDUMP" && line_in 'listening on lo' "$T/tcpdump.out"; then capture=1; fi
fi

start_attested e2e/redis/server
wait_for_port "$PORT" "$SERVER_PID" 30 || { cat "$T/attested.err" >&2; exit 1; }
cli() { redis-cli -p "$PORT" "$@" 2>&1; }
[[ $(cli PING) == *NOAUTH* ]] || fail "redis answers without a password"
[[ $(cli -a "$PASSWORD" --no-auth-warning PING) == PONG ]] || fail "redis does not take the session's password"
[[ $(cli -a "$PASSWORD" --no-auth-warning SET key value) == OK ]] || fail "SET"
[[ $(cli -a "$PASSWORD" --no-auth-warning CONFIG GET save) == save* ]] || fail "CONFIG GET"
MASTERAUTH=$(cli -a "$PASSWORD" --no-auth-warning CONFIG GET masterauth | tail -n 1)
[[ $MASTERAUTH =~ ^[0-9a-f]{32}$ ]] || fail "the injected file was not read: masterauth is \"$MASTERAUTH\""
echo "ok redis-cli works with the password of the session, and the injected file was read"

# --- what everybody and root see ---
for secret in "$ARGUMENT" "$VARIABLE" "$CONTENT" "$MASTERAUTH" "$PASSWORD"; do
    ps axeww -o args >"$T/ps.out"
    grep -qF -- "$secret" "$T/ps.out" && fail "ps shows $secret"
    grep -qaF -- "$secret" "/proc/$SERVER_PID/cmdline" "/proc/$SERVER_PID/environ" && fail "/proc/$SERVER_PID shows $secret"
    for fd in "/proc/$SERVER_PID/fd/"*; do
        [[ -f $fd ]] || continue
        timeout 10 grep -qaF -- "$secret" "$fd" 2>/dev/null && fail "$fd ($(readlink "$fd")) holds $secret"
    done
    grep -rqaF -- "$secret" "$CAS_DATA" && fail "a file of CAS holds $secret"
    grep -qaF -- "$secret" "$T/las.out" "$T/las.err" "$T/cas.out" "$T/cas.err" "$T/attested.err" && fail "a log holds $secret"
    for pid in "$LAS_PID" "$CAS_PID"; do
        grep -qaF -- "$secret" "/proc/$pid/cmdline" "/proc/$pid/environ" && fail "/proc/$pid shows $secret"
    done
done
echo "ok no canary in ps, /proc, descriptors, CAS's files and logs"

stop_server TERM "$SERVER_PID"
[[ $SERVER_STATUS == 0 ]] || fail "redis-server ended with status $SERVER_STATUS: $(tail -n 3 "$T/attested.err")"

if ((capture)); then
    kill -INT "$TCPDUMP"
    wait_for_exit "$TCPDUMP"
    (($(stat -c %s "$T/wire.pcap") > 4000)) || fail "the capture is empty, so it proves nothing"
    for secret in "$ARGUMENT" "$VARIABLE" "$CONTENT" "$MASTERAUTH" "$PASSWORD" e2e/redis; do
        grep -qaF -- "$secret" "$T/wire.pcap" && fail "the wire shows $secret"
    done
    echo "ok no canary on the wire to CAS ($(stat -c %s "$T/wire.pcap") bytes captured)"
fi

"$REDOUBT" audit verify "$CAS_DATA/audit.log" --key "$CAS_DATA/audit.pub" >"$T/audit.out" 2>&1 || fail "the audit log does not verify: $(<"$T/audit.out")"
for event in session.created attest.accepted configuration.given; do
    grep -q "\"$event\"" "$CAS_DATA/audit.log" || fail "the audit log has no $event"
done
for secret in "$ARGUMENT" "$VARIABLE" "$CONTENT" "$PASSWORD"; do
    grep -qF -- "$secret" "$CAS_DATA/audit.log" && fail "the audit log holds $secret"
done
echo "ok the audit log verifies and has every decision"
((capture)) || skip "all but the wire was looked at: a capture needs root and tcpdump"
