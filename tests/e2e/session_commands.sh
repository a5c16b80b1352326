#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The commands of `redoubt session`, `cas` and `audit` against a real CAS: from the first start to a verified audit log. Two users,
# a board, public values, restarts, and a CAS that was set up anew behind the same address.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need python3 openssl
[[ -x $(dirname "$REDOUBT")/redoubt-cas ]] || skip "redoubt-cas is not built"

mkdir "$WORK"
cd "$WORK"
export XDG_CONFIG_HOME=$T/alice

start_cas() {  # DATA: sets ADDRESS and KEY; listens where it did before
  : >"$T/ready"
  (exec setsid "$REDOUBT" cas start --data "$1" --listen "${ADDRESS:-127.0.0.1:0}") </dev/null >"$T/ready" 2>>"$T/cas.err" &
  CAS_PID=$!
  E2E_PIDS+=("$CAS_PID")
  wait_until 30 "CAS to be ready" cas_is_ready_or_gone
  [[ $(<"$T/ready") =~ ready\ address=([^ ]+)\ key=([0-9a-f]{64}) ]] || fail "CAS did not start: $(<"$T/cas.err")"
  ADDRESS=${BASH_REMATCH[1]} KEY=${BASH_REMATCH[2]}
}
cas_is_ready_or_gone() { grep -q '^ready .*key=' "$T/ready" || process_is_gone "$CAS_PID"; }

expect() {  # STATUS PATTERN COMMAND...: of standard output and error together
  local wanted=$1 pattern=$2 status=0 output
  shift 2
  output=$("$@" 2>&1) || status=$?
  # shellcheck disable=SC2053  # a pattern
  [[ $status == "$wanted" && $output == $pattern ]] || fail "$*: expected $wanted and $pattern, found $status and: $output"
  echo "ok $*"
}
as_bob() { XDG_CONFIG_HOME=$T/bob "$@"; }

ADDRESS=
start_cas "$T/data"
export REDOUBT_CAS_ADDR=$ADDRESS
expect 4 '*none pinned*' "$REDOUBT" session list
expect 0 "*$KEY*" "$REDOUBT" cas attest "$ADDRESS" --key "$KEY"
expect 0 "*$KEY*" as_bob "$REDOUBT" cas attest "$ADDRESS" --insecure-trust-on-first-use
expect 0 "*healthy*yes*ready*yes*" "$REDOUBT" cas show

# --- create, read, list, update ---

openssl genpkey -algorithm ED25519 -out board.pem 2>/dev/null
cat >one.yml <<YAML
name: shop/one
version: "0.3"
secrets:
  - { name: token, kind: ascii, value: not-for-bob }
  - { name: key, kind: private-key }
  - { name: ca, kind: x509-ca, private_key: key, common_name: shop CA, export_public: true }
access_policy:
  list_sessions: [ANY]
YAML
cat >two.yml <<YAML
name: shop/two
version: "0.3"
access_policy:
  read: [CREATOR, $(as_bob "$REDOUBT" cas identity)]
  update:
    - signer: |
$(openssl pkey -in board.pem -pubout | sed 's/^/        /')
YAML
one=$("$REDOUBT" session hash one.yml)
expect 1 '*not-a-key*' "$REDOUBT" session create - < <(printf 'name: x\nversion: "0.3"\nnot-a-key: 1\n')
expect 0 "*created*$one" "$REDOUBT" session create one.yml
expect 0 "*unchanged*$one" "$REDOUBT" session create one.yml
sed 's/shop CA/another CA/' one.yml >other.yml
expect 1 '*CAS refused*expected*found*to do*' "$REDOUBT" session create other.yml
expect 0 '*created*' "$REDOUBT" session create two.yml --sign board.pem
"$REDOUBT" session read shop/one --output read.yml
cmp one.yml read.yml || fail "what was read is not what was written"
expect 1 '*CAS refused*' as_bob "$REDOUBT" session read shop/one
expect 0 'name: shop/two*' as_bob "$REDOUBT" session read shop/two
expect 1 '*CAS refused*' "$REDOUBT" session read shop/none
expect 0 $'shop/one\nshop/two' "$REDOUBT" session list shop/
expect 0 '*"shop/one"*' "$REDOUBT" session list --json
expect 0 '' "$REDOUBT" session list other/

echo '  read: [CREATOR]' >>one.yml
expect 2 '*no predecessor*' "$REDOUBT" session update one.yml
expect 1 '*CAS refused*predecessor*' "$REDOUBT" session update one.yml --predecessor "$(printf '%064d' 7)"
expect 0 '*updated*' "$REDOUBT" session update one.yml --predecessor "$one"
expect 1 '*CAS refused*predecessor*' "$REDOUBT" session update other.yml --predecessor "$one"
expect 1 '*CAS refused*' as_bob "$REDOUBT" session update other.yml --predecessor "$one"
expect 0 '*updated*' "$REDOUBT" session update one.yml --predecessor current

# --- a board ---

two=$("$REDOUBT" session hash two.yml)
echo '  list_sessions: [ANY]' >>two.yml
expect 1 '*CAS refused*' "$REDOUBT" session update two.yml --predecessor "$two"
"$REDOUBT" session sign two.yml --key board.pem >wrong.sig
expect 1 '*CAS refused*' "$REDOUBT" session update two.yml --predecessor "$two" --signature wrong.sig
"$REDOUBT" session sign two.yml --predecessor "$two" --key board.pem >board.sig
expect 0 '*updated*' as_bob "$REDOUBT" session update two.yml --predecessor "$two" --signature board.sig

# --- public values ---

"$REDOUBT" session value shop/one ca >ca.pem
openssl x509 -in ca.pem -noout -subject | grep -q 'shop CA' || fail "the public certificate is not the CA's"
as_bob "$REDOUBT" session value shop/one ca --form crt:der --output ca.der
openssl x509 -inform DER -in ca.der -noout || fail "the form was not kept"
expect 1 '*CAS refused*' "$REDOUBT" session value shop/one token

# --- the audit log, then CAS again, then another CAS behind the address ---

kill -KILL "$CAS_PID"
wait_for_exit "$CAS_PID"
expect 3 '*Connection refused*' "$REDOUBT" session list
start_cas "$T/data"
expect 0 $'shop/one\nshop/two' "$REDOUBT" session list
expect 0 '*intact*' "$REDOUBT" audit verify "$T/data/audit.log"
expect 0 '*intact*' "$REDOUBT" audit verify "$T/data/audit.log" --key "$T/data/audit.pub"
"$REDOUBT" audit show "$T/data/audit.log" --session shop/one --json >audit.json
python3 - <<'PY' || fail "the audit log does not tell what happened"
import json
rows = json.load(open("audit.json"))
events = [(row["event"], row["outcome"]) for row in rows]
assert ("session.created", "allowed") in events, events
assert ("session.updated", "allowed") in events, events
assert any(outcome == "refused" for _, outcome in events), events
PY
if grep -qr not-for-bob "$T/data" "$T/cas.err"; then fail "CAS keeps or logs a secret in the clear"; fi
sed 's/"outcome":"refused"/"outcome":"allowed"/' "$T/data/audit.log" >changed.log
expect 1 '*BROKEN at line*' "$REDOUBT" audit verify changed.log
stop_server TERM "$CAS_PID"
start_cas "$T/other"
expect 4 '*expected the CAS*Nothing was sent*' "$REDOUBT" session list
expect 4 '*pinned*--replace*' "$REDOUBT" cas attest "$ADDRESS" --key "$KEY"
expect 0 "*$KEY*" "$REDOUBT" cas attest "$ADDRESS" --key "$KEY" --replace
expect 0 '' "$REDOUBT" session list
