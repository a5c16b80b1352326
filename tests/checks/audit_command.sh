#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# `redoubt audit`: a log made here, line by line as src/cas/audit/chain.h says, with openssl for the signatures; then changed in
# every way. That CAS writes the same is shown by tests/e2e/session_commands.sh.
#
# Usage: audit_command.sh BUILD_DIRECTORY

set -euo pipefail

redoubt=$(readlink -f "$1")/bin/redoubt
T=$(mktemp -d "${TMPDIR:-/tmp}/redoubt-audit.XXXXXX")
trap 'rm -rf "$T"' EXIT
cd "$T"
export HOME=$T LC_ALL=C.UTF-8
unset XDG_CONFIG_HOME REDOUBT_CAS_ADDR REDOUBT_CAS_KEY

openssl genpkey -algorithm ED25519 -out key.pem 2>/dev/null
openssl pkey -in key.pem -pubout -out audit.pub
openssl genpkey -algorithm ED25519 2>/dev/null | openssl pkey -pubout -out other.pub
python3 - <<'PY'
import hashlib, json, subprocess

public = subprocess.run(["openssl", "pkey", "-in", "key.pem", "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout[-32:]
previous = hashlib.sha256(b"redoubt audit log 1\n" + public).hexdigest()
lines = []
for number, (event, outcome, session, details) in enumerate(
    [
        ("session.created", "allowed", "shop/cache", {"hash": "ab" * 32}),
        ("attest.refused", "refused", "shop/cache", {"check": "quote.signature", "path": "/bin/\u001b[31mx"}),
        ("session.read", "allowed", "other", {}),
    ],
    1,
):
    row = {"sequence": number, "time": "2026-01-31T10:00:00Z", "event": event, "outcome": outcome, "session": session}
    row |= {"subject": "cd" * 32, "details": details, "commits": number, "previous": previous}
    body = json.dumps(row, separators=(",", ":"), ensure_ascii=False)[:-1]
    with open("message", "wb") as file:
        file.write(b"redoubt audit line 1\n" + body.encode())
    subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", "key.pem", "-rawin", "-in", "message", "-out", "signature"], check=True)
    line = body + ',"signature":"' + open("signature", "rb").read().hex() + '"}'
    previous = hashlib.sha256(line.encode()).hexdigest()
    lines.append(line + "\n")

def write(name, text):
    open(name, "w", encoding="utf-8").write(text)

write("good.log", "".join(lines))
write("empty.log", "")
write("changed.log", "".join(lines).replace('"event":"attest.refused","outcome":"refused"', '"event":"attest.accepted","outcome":"allowed"'))
write("gap.log", lines[0] + lines[2])
write("swapped.log", lines[1] + lines[0] + lines[2])
write("doubled.log", lines[0] + lines[0])
write("headless.log", "".join(lines[1:]))
write("short.log", "".join(lines[:2]))
write("torn.log", "".join(lines)[:-20])
write("garbage.log", lines[0] + "{}\n")
PY

failures=0
expect() {  # NAME STATUS OUTPUT-PATTERN ERROR-PATTERN COMMAND... (patterns are globs over all of the stream)
  local name=$1 wanted=$2 output_pattern=$3 error_pattern=$4 status=0 output error
  shift 4
  output=$("$@" 2>error) || status=$?
  error=$(<error)
  # shellcheck disable=SC2053  # the patterns are meant as patterns
  if [[ $status == "$wanted" && $output == $output_pattern && $error == $error_pattern ]]; then
    echo "ok    $name"
  else
    echo "FAIL  $name: found status $status, \"$output\", \"$error\""
    failures=$((failures + 1))
  fi
}

verify=("$redoubt" audit verify --key audit.pub)
expect "intact" 0 'good.log: intact*good lines  3*hash*' '' "${verify[@]}" good.log
expect "empty" 0 'empty.log: intact*good lines  0*' '' "${verify[@]}" empty.log
expect "standard input" 0 '*intact*' '' bash -c "'$redoubt' audit verify --key audit.pub - <good.log"
expect "intact, JSON" 0 '*"intact": true*"sequence": 3*' '' "${verify[@]}" good.log --json
expect "changed" 1 'changed.log: BROKEN at line 2: *signature*good lines  1*' '' "${verify[@]}" changed.log
expect "changed, JSON" 1 '*"intact": false*"line": 2*' '' "${verify[@]}" changed.log --json
expect "gap" 1 '*BROKEN at line 2: *sequence number 2*' '' "${verify[@]}" gap.log
expect "swapped" 1 '*BROKEN at line 1: *' '' "${verify[@]}" swapped.log
expect "doubled" 1 '*BROKEN at line 2: *' '' "${verify[@]}" doubled.log
expect "without its beginning" 1 '*BROKEN at line 1: *' '' "${verify[@]}" headless.log
expect "torn" 1 '*BROKEN at line 3: *not complete*' '' "${verify[@]}" torn.log
expect "garbage" 1 '*BROKEN at line 2: *' '' "${verify[@]}" garbage.log
expect "another key" 1 '*BROKEN at line 1: *' '' "$redoubt" audit verify good.log --key other.pub
expect "without its end" 0 '*intact*good lines  2*' '' "${verify[@]}" short.log
expect "without its end, demanded" 1 '*BROKEN*at least 3*cut off*' '' "${verify[@]}" short.log --at-least 3
expect "with its end, demanded" 0 '*intact*' '' "${verify[@]}" good.log --at-least 3
expect "no log" 2 '' '*none.log*No such file*' "${verify[@]}" none.log
expect "no key" 2 '' '*Ed25519*' "$redoubt" audit verify good.log --key good.log
expect "no key and no CAS" 4 '' '*none pinned*' "$redoubt" audit verify good.log

expect "show" 0 '*allowed*session.created*shop/cache*refused*attest.refused*check: quote.signature*path: /bin/[?][[]31mx*session.read*' \
  '*Nothing was verified*' "$redoubt" audit show good.log
expect "show one session" 0 '*session.read  other*' '*' "$redoubt" audit show good.log --session other
expect "show, JSON" 0 '2 quote.signature' '*' bash -c \
  "'$redoubt' audit show good.log --session shop/cache --json | python3 -c 'import json,sys; r = json.load(sys.stdin); print(len(r), r[1][\"details\"][\"check\"])'"
expect "show garbage" 1 '*session.created*' '*garbage.log:2: unreadable:*' "$redoubt" audit show garbage.log
for command in audit 'audit verify' 'audit show'; do
  # shellcheck disable=SC2086  # words of a command
  expect "help of $command" 0 '*Examples:*Exit status:*' '' "$redoubt" $command --help
done

((failures == 0))
