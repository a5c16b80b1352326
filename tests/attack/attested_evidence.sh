#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Evidence that CAS must not accept, made by an attester that holds the quoting key of the simulated platform (so that all but one
# thing is genuine): relayed over another connection, replayed, for another key, CAS or challenge, changed, cut, missing, steps out
# of order; another measurement, DEBUG, a platform whose root CAS was not given or the session does not tolerate, collateral
# that has expired, other roots, an older session. Each is refused for its own reason, and the reason is in the audit log.
# shellcheck source=../e2e/lib.sh disable=SC1091
source "$(dirname "$0")/../e2e/lib.sh"
# shellcheck source=../e2e/attested_lib.sh disable=SC1091
source "$(dirname "$0")/../e2e/attested_lib.sh"
ATTESTER=${ATTESTER:-$E2E_DIR/../../build/tests/tools/attester}
[[ -x $ATTESTER ]] || fail "$ATTESTER is not there: build it"
services_up

SECRET=$(canary)
write_session() {  # NAME SECURITY
    cat >"$T/session.yml" <<END
name: attack/$1
version: "0.3"
services:
  - name: app
    command: [app, "\$\$SCONE::secret\$\$", "@@1"]
    attestation: [{ mrenclave: $MRENCLAVE }]
    code: { /usr/bin/app: $(printf %064d 0) }
secrets: [{ name: secret, kind: ascii, value: "$SECRET" }]
security: { attestation: { $2 } }
END
    session_up "$T/session.yml"
}
write_session app "tolerate: [simulation]"
write_session strict "mode: hardware"
write_session debug "tolerate: [simulation, debug-mode]"

STATUS=0
attest() {
    STATUS=0
    timeout 30 "$ATTESTER" --cas "$CAS_ADDRESS" --simulated "$SIMULATED" --mrenclave "$MRENCLAVE" --session attack/app/app \
        --host-argument one "$@" >"$T/out" 2>"$T/err" || STATUS=$?
}
accepted() {
    { [[ $STATUS == 0 ]] && grep -q '^configuration: 3 arguments' "$T/out"; } || fail "$1: expected a configuration, found status $STATUS: $(cat "$T/out" "$T/err")"
    echo "ok $1: accepted"
}
# refused WHAT PATTERN: `check: ...` in the answer matches, and the audit log's last event is a refusal for the same check.
refused() {
    local check
    [[ $STATUS == 1 ]] || fail "$1: expected a refusal, found status $STATUS: $(cat "$T/out" "$T/err")"
    grep -qE "^refused: $2:" "$T/out" || fail "$1: expected a refusal for $2, found $(<"$T/out")"
    check=$(sed -nE 's/^refused: ([a-z0-9.-]+):.*/\1/p' "$T/out")
    if [[ -n $check && ${3:-audited} == audited ]]; then
        tail -n 1 "$CAS_DATA/audit.log" | grep -F refused | grep -qF "$check" ||
            fail "$1: the audit log does not say $check: $(tail -n 1 "$CAS_DATA/audit.log")"
    fi
    grep -qF -- "$SECRET" "$T/out" "$T/err" && fail "$1: the secret came out"
    echo "ok $1: $(cut -c 1-110 "$T/out")"
}

attest; accepted "honest evidence"
for fault in relay replay other-key other-cas old-nonce; do
    attest --fault "$fault"; refused "$fault" report-data
done
attest --fault tampered; refused "a changed report" 'quote\.signature'
attest --fault signature; refused "a changed signature" 'quote\.signature'
attest --fault truncated; refused "a cut quote" 'quote\.length'
attest --fault empty; refused "no evidence" 'evidence\.missing'
attest --fault no-challenge; refused "no challenge before" 'request\.order'
attest --fault skip-code; refused "a configuration without evidence" 'request\.order'
attest --fault attest-twice; refused "two attestations on one connection" 'request\.order'
attest --fault code-wrong; refused "code that is not the session's" 'code\.refused'
STATUS=0
timeout 30 "$ATTESTER" --cas "$CAS_ADDRESS" --simulated "$SIMULATED" --mrenclave "$(printf %064d 9)" --session attack/app/app >"$T/out" 2>"$T/err" || STATUS=$?
refused "another measurement" measurement
attest --debug; refused "a run that can be observed" 'enclave\.debug'
again() { STATUS=0; timeout 30 "$ATTESTER" --cas "$CAS_ADDRESS" --simulated "${2:-$SIMULATED}" --mrenclave "$MRENCLAVE" --session "attack/$1/app" --host-argument one "${@:3}" >"$T/out" 2>"$T/err" || STATUS=$?; }
again debug "$SIMULATED" --debug; accepted "the same, tolerated"
again strict; refused "a session that does not tolerate simulation" 'root\.simulated'
again nowhere; refused "a session that does not exist" 'session\.service'

"$REDOUBT" simulate create "$T/foreign" >/dev/null 2>&1 || fail "simulate create"
again app "$T/foreign"; refused "a platform under another root" 'pck-chain\.root'

# --- the same CAS, started with other trust ---
cas_down
cas_up
again app; refused "a CAS without the simulated root" 'evidence\.[a-z]+'
cas_down
# cas_does_not_start WHAT OPTION...: and says why.
cas_does_not_start() {
    : >"$T/bad.out"
    setsid "$BIN/redoubt-cas" --data "$CAS_DATA" --listen 127.0.0.1:0 "${@:2}" >"$T/bad.out" 2>"$T/bad.err" </dev/null &
    SERVER_PID=$!
    E2E_PIDS+=("$SERVER_PID")
    wait_until 10 "CAS to refuse or listen" line_or_death '^ready' "$T/bad.out" "$SERVER_PID"
    line_in '^ready' "$T/bad.out" && fail "CAS takes $1: $(<"$T/bad.err")"
    wait_for_exit "$SERVER_PID"
    ((SERVER_STATUS == 1)) || fail "CAS ended with $SERVER_STATUS over $1, expected 1 (a file); 3 is for its data directory"
    grep -q "${1%% *}" "$T/bad.err" || fail "CAS does not say that it is the ${1%% *}: $(<"$T/bad.err")"
    echo "ok $1: $(tail -n 1 "$T/bad.err" | cut -c 1-110)"
}
/usr/bin/python3 - "$SIMULATED/collateral.json" "$T/changed.json" <<'END'
import json, sys
collateral = json.load(open(sys.argv[1]))
text = collateral["tcb_info"]
collateral["tcb_info"] = text.replace('"nextUpdate":"2', '"nextUpdate":"3', 1)
assert collateral["tcb_info"] != text
json.dump(collateral, open(sys.argv[2], "w"))
END
cas_does_not_start "collateral with a later date" --simulated-root "$SIMULATED/root.pem" --collateral "$T/changed.json"
cas_does_not_start "collateral without its root" --collateral "$SIMULATED/collateral.json"
cas_does_not_start "collateral of another root" --simulated-root "$T/foreign/root.pem" --collateral "$SIMULATED/collateral.json"
cas_does_not_start "root of a simulated platform as a real one" --root "$SIMULATED/root.pem" --collateral "$SIMULATED/collateral.json"

# Sixty days later the certificates hold, and the collateral does not. CAS's clock is moved, nothing else.
if type -P gcc >/dev/null; then
    gcc -shared -fPIC -o "$T/later.so" -x c - <<'END'
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t clock, struct timespec* now) {
    int result = syscall(SYS_clock_gettime, clock, now);
    if (clock == CLOCK_REALTIME) now->tv_sec += 60 * 86400;
    return result;
}
END
    LD_PRELOAD=$T/later.so cas_up --simulated-root "$SIMULATED/root.pem" --collateral "$SIMULATED/collateral.json"
    again app; refused "collateral that has expired" validity
    cas_down
else
    echo "note: expired collateral was not tried: gcc is not installed"
fi

cas_up --simulated-root "$SIMULATED/root.pem" --collateral "$SIMULATED/collateral.json"
again app; accepted "honest evidence after all that"
"$REDOUBT" audit verify "$CAS_DATA/audit.log" --key "$CAS_DATA/audit.pub" >"$T/audit.out" 2>&1 || fail "the audit log: $(<"$T/audit.out")"
grep -qF -- "$SECRET" "$CAS_DATA/audit.log" "$T/cas.err" && fail "the secret is in a log"
echo "ok the audit log verifies"
