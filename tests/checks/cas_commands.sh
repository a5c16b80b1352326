#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The commands that talk to CAS, against a stand-in that also misbehaves (fake_cas.py): pins, identities, exit statuses, what is
# sent and what is made of the answers. The real CAS is in tests/e2e/session_commands.sh.
#
# Usage: cas_commands.sh BUILD_DIRECTORY

set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
redoubt=$(readlink -f "$1")/bin/redoubt
T=$(mktemp -d "${TMPDIR:-/tmp}/redoubt-cas-commands.XXXXXX")
pids=()
cleanup() {
  for pid in "${pids[@]}"; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  rm -rf "$T"
}
trap cleanup EXIT
cd "$T"
unset REDOUBT_CAS_ADDR SCONE_CAS_ADDR REDOUBT_CAS_KEY REDOUBT_IDENTITY XDG_DATA_HOME
export HOME=$T/home XDG_CONFIG_HOME=$T/config LC_ALL=C.UTF-8
mkdir "$T/home"

failures=0
expect() {  # NAME STATUS OUTPUT-PATTERN ERROR-PATTERN COMMAND... (patterns are globs over all of the stream)
  local name=$1 wanted=$2 output_pattern=$3 error_pattern=$4 status=0 output error
  shift 4
  output=$("$@" 2>"$T/error" | tr -d '\0'; exit "${PIPESTATUS[0]}") || status=$?
  error=$(<"$T/error")
  # shellcheck disable=SC2053  # the patterns are meant as patterns
  if [[ $status == "$wanted" && $output == $output_pattern && $error == $error_pattern ]]; then
    echo "ok    $name"
  else
    echo "FAIL  $name: expected status $wanted, output $output_pattern, error $error_pattern"
    printf '      found %s, "%s", "%s"\n' "$status" "$output" "$error"
    failures=$((failures + 1))
  fi
}

check() {  # NAME COMMAND...: succeeds
  local name=$1
  shift
  if "$@"; then
    echo "ok    $name"
  else
    echo "FAIL  $name"
    failures=$((failures + 1))
  fi
}

new_key() {  # DIRECTORY
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1/key.pem" -out "$1/cert.pem" \
    -subj /CN=cas -days 2 2>/dev/null
}

start_cas() {  # DIRECTORY: sets ADDRESS and KEY
  rm -f "$1/port"
  mkfifo "$1/stop"
  python3 "$here/fake_cas.py" "$1" <"$1/stop" >"$1/log" 2>&1 &
  pids+=($!)
  # shellcheck disable=SC2034  # its standard input ends when this script does
  exec {hold}>"$1/stop"
  local tries=0
  until [[ -s $1/port ]]; do
    ((++tries < 500)) || { cat "$1/log"; exit 1; }
    sleep 0.02
  done
  ADDRESS=127.0.0.1:$(<"$1/port")
  KEY=$(openssl pkey -in "$1/key.pem" -pubout -outform DER | sha256sum | cut -d' ' -f1)
}

# --- identity ---

expect "identity" 0 '[0-9a-f]*' '' "$redoubt" cas identity
check "identity is private" test "$(stat -c %a "$T/config/redoubt/identity.pem") $(stat -c %a "$T/config/redoubt")" = "600 700"
mine=$("$redoubt" cas identity)
check "its hash is that of the public key" test "$mine" = \
  "$(openssl pkey -in "$T/config/redoubt/identity.pem" -pubout -outform DER | sha256sum | cut -d' ' -f1)"
expect "identity, PEM" 0 '-----BEGIN CERTIFICATE*' '' "$redoubt" cas identity --pem
expect "identity, JSON" 0 "*\"key\": \"$mine\"*" '' "$redoubt" cas identity --json
expect "identity that is not there" 2 '' '*expected an identity*no.pem*' "$redoubt" cas identity --identity no.pem
expect "no home directory" 2 '' '*XDG_CONFIG_HOME*HOME*' env -u HOME -u XDG_CONFIG_HOME "$redoubt" cas identity

# --- pins ---

mkdir one two old
new_key one
new_key two
new_key old
"$redoubt" cas identity --pem >one/client.pem
touch old/tls12
start_cas two
other_address=$ADDRESS
start_cas old
old_address=$ADDRESS
start_cas one
wrong=$(printf '%064d' 0)

expect "no CAS there" 3 '' '*expected a CAS at 127.0.0.1:1*Connection refused*cas start*' "$redoubt" cas attest 127.0.0.1:1 --key "$wrong"
expect "no such host" 3 '' '*resolved*no-such-host.invalid*' "$redoubt" cas attest no-such-host.invalid --key "$wrong"
expect "no address" 2 '' '*HOST:PORT*' "$redoubt" cas attest http://x
expect "no key hash" 2 '' '*--key: expected the SHA-256*' "$redoubt" cas attest "$ADDRESS" --key 12
expect "unknown CAS is not used" 4 '' "*none pinned for $ADDRESS*cas attest $ADDRESS --key*" "$redoubt" session list --cas "$ADDRESS"
expect "attest without a key pins nothing" 4 '' "*$KEY*Nothing proves*" "$redoubt" cas attest "$ADDRESS"
check "nothing was pinned" test ! -e "$T/config/redoubt/known_cas"
expect "attest with another key" 4 '' "*expected the CAS*$wrong*$KEY*Nothing was sent*" "$redoubt" cas attest "$ADDRESS" --key "$wrong"
check "nothing was sent" test ! -e one/requests
expect "both ways" 2 '' '*--insecure*' "$redoubt" cas attest "$ADDRESS" --key "$KEY" --insecure-trust-on-first-use
expect "only TLS 1.3" 3 '' '*TLS 1.3 handshake*' "$redoubt" cas attest "$old_address" --insecure-trust-on-first-use
expect "attest" 0 "*$ADDRESS*$KEY*SIMULATED*known_cas*" '' "$redoubt" cas attest "$ADDRESS" --key "${KEY^^}"
check "the pin" test "$(<"$T/config/redoubt/known_cas")" = "$ADDRESS $KEY"
expect "attest again" 0 "*$KEY*" '*first use*' "$redoubt" cas attest "$ADDRESS"
expect "first use" 0 "*$other_address*" '*trusted on first use: nothing was verified*' "$redoubt" cas attest "$other_address" --insecure-trust-on-first-use
echo otherkey >one/mode
expect "another key inside TLS" 4 '' '*state the key*' "$redoubt" cas attest "$ADDRESS" --key "$KEY"
rm one/mode

# Another CAS answers at the address: everything refuses, and only --replace takes the new key.
cp "$T/config/redoubt/known_cas" saved
sed -i "s/^$ADDRESS .*/$ADDRESS $wrong/" "$T/config/redoubt/known_cas"
rm -f one/requests
expect "another key than pinned" 4 '' "*$wrong*$KEY*--replace*" "$redoubt" session list --cas "$ADDRESS"
expect "another key than pinned, attest" 4 '' "*expected the key that was pinned*" "$redoubt" cas attest "$ADDRESS" --key "$KEY"
expect "the option counts before the pin" 0 '*' '' "$redoubt" session read s --cas "$ADDRESS" --cas-key "$KEY"
expect "so does the variable" 0 '*' '' env REDOUBT_CAS_KEY="$KEY" REDOUBT_CAS_ADDR="$ADDRESS" "$redoubt" session read s
expect "replace" 0 "*$KEY*" '' "$redoubt" cas attest "$ADDRESS" --key "$KEY" --replace
check "the other pin stays" grep -q "^$other_address " "$T/config/redoubt/known_cas"
echo 'nonsense' >>"$T/config/redoubt/known_cas"
expect "a damaged list is refused" 2 '' '*known_cas, line 3*' "$redoubt" session list --cas "$ADDRESS"
cp saved "$T/config/redoubt/known_cas"

export REDOUBT_CAS_ADDR=$ADDRESS
expect "show" 0 "*$KEY*version*9*root*SIMULATED*healthy*yes*you are*$mine*" '' "$redoubt" cas show
expect "show, JSON" 0 "$mine" '' bash -c "'$redoubt' cas show --json | python3 -c 'import json,sys; print(json.load(sys.stdin)[\"client_key\"])'"
echo sick >one/mode
expect "show, sick" 0 '*healthy*NO*' '' "$redoubt" cas show
rm one/mode
expect "SCONE's name of the variable" 0 '*' '' env -u REDOUBT_CAS_ADDR SCONE_CAS_ADDR="$ADDRESS" "$redoubt" session read s

# --- sessions ---

printf 'name: s\nversion: "0.3"\n' >s.yml
printf 'name: shop/refused\nversion: "0.3"\n' >refused.yml
printf 'name: otherhash\nversion: "0.3"\n' >otherhash.yml
printf 'name: s\nversion: "0.3"\nsecretz: []\n' >bad.yml
"$redoubt" session hash s.yml >one/hash
rm one/requests
expect "mistakes are found before CAS" 1 '' 'bad.yml:3:1: error: *' "$redoubt" session create bad.yml --cas 127.0.0.1:1
check "nothing was sent" test ! -e one/requests
expect "create" 0 "$(<one/hash)" '*"s"*' "$redoubt" session create s.yml
expect "create, JSON" 0 "*\"hash\": \"$(<one/hash)\"*" '' "$redoubt" session create s.yml --json
expect "refused" 1 '' '*[(]status 422): session.valid*expected  one thing*found     another[?][[]31m*to do     do it*refused.yml:2:3: error: services: *' \
  "$redoubt" session create refused.yml
expect "refused, JSON" 1 '*"check": "session.valid"*' '*status 422*' "$redoubt" session create refused.yml --json
expect "another hash" 4 '' '*understand the session differently*' "$redoubt" session create otherhash.yml
expect "update without predecessor" 2 '' '*found no predecessor*--predecessor*' "$redoubt" session update s.yml
expect "create with predecessor" 2 '' '*session update*' bash -c "cat s.yml <(echo 'predecessor: $wrong') | '$redoubt' session create -"

openssl genpkey -algorithm ED25519 -out alice.pem 2>/dev/null
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out bob.pem 2>/dev/null
openssl pkey -in alice.pem -pubout -out alice.pub
abab=$(printf 'ab%.0s' {1..32})
cat s.yml <(echo "predecessor: $abab") >updated.yml
"$redoubt" session hash updated.yml >one/hash
rm one/requests
"$redoubt" session sign s.yml --predecessor "$abab" --key bob.pem >bob.sig
expect "update" 0 "$(<one/hash)" '*updated*' "$redoubt" session update s.yml --predecessor "$abab" --sign alice.pem --signature bob.sig
python3 - updated.yml <<'PY' || failures=$((failures + 1))
import base64, json, sys
(row,) = [json.loads(line) for line in open("one/requests")]
text = open(sys.argv[1]).read()
assert row["method"] == "PUT" and row["target"] == "/v1/sessions/s" and row["type"] == "application/yaml", row
assert row["body"] == text, row
assert row["tls"] == "TLSv1.3" and row["client"], row
assert len(row["signatures"]) == 2 and row["signatures"][1] == open("bob.sig").read().strip(), row
open("alice.sig", "wb").write(base64.b64decode(row["signatures"][0]))
open("signed", "w").write("Redoubt session change 1\n" + text)
PY
check "what is signed is what is sent" openssl pkeyutl -verify -pubin -inkey alice.pub -rawin -in signed -sigfile alice.sig
expect "update, current" 0 "$(<one/hash)" '*' "$redoubt" session update s.yml --predecessor current
expect "a signature fits one predecessor" 2 '' '*part of what was signed*' "$redoubt" session update s.yml --predecessor current --signature bob.sig
expect "two predecessors" 2 '' '*expected one predecessor*' "$redoubt" session update updated.yml --predecessor "$wrong"
expect "no signing key" 2 '' '*Ed25519 or P-384*' "$redoubt" session sign s.yml --key s.yml
expect "no signature" 2 '' '*base64*s.yml*' "$redoubt" session create s.yml --signature s.yml

expect "read" 0 'name: s' '' "$redoubt" session read s
expect "read into a file" 0 '' '' "$redoubt" session read s --output read.yml
check "which only the owner reads" test "$(stat -c %a read.yml)" = 600
expect "read none" 1 '' '*[(]status 404): session.exists*' "$redoubt" session read none
rm one/requests
expect "names are encoded" 0 '*' '' "$redoubt" session read 'a b/c?d'
check "as RFC 3986 says" grep -q '"/v1/sessions/a%20b/c%3Fd"' one/requests
expect "list, over several pages" 0 '1500' '' bash -c "'$redoubt' session list s | sort -u | wc -l"
echo endless >one/mode
expect "a list must go on" 3 '' '*in their order*' "$redoubt" session list
rm one/mode
expect "value" 0 'value' '' "$redoubt" session value s ca --form crt:der
check "of that form" grep -q '/v1/values/session=s,secret=ca,form=crt%3Ader"' one/requests

# --- answers that are none ---

for mode in huge cut html; do
  echo $mode >one/mode
  expect "answer: $mode" 3 '' '*expected*' "$redoubt" cas show
done
echo gateway >one/mode
expect "answer: gateway" 1 '' '*status 502*' "$redoubt" cas show
rm one/mode

# --- start ---

mkdir bin
cp "$redoubt" bin/
expect "start without CAS" 125 '' '*expected CAS, an executable*redoubt-cas*' bin/redoubt cas start
# shellcheck disable=SC2016  # the script expands them
printf '#!/bin/sh\nfor argument in "$@"; do printf "[%%s]" "$argument"; done\n' >bin/redoubt-cas
chmod 755 bin/redoubt-cas
expect "start" 0 "\[--data=$T/home/.local/share/redoubt/cas\]" '' bin/redoubt cas start
check "data is private" test "$(stat -c %a "$T/home/.local/share/redoubt/cas")" = 700
expect "start passes options" 0 "\[--data\]\[/x\]\[--simulated-root\]\[r.pem\]" '' bin/redoubt cas start --data /x --simulated-root r.pem
expect "help of start" 0 '*Examples:*' '' bin/redoubt cas start --help

for command in cas 'cas attest' 'cas show' 'cas identity' session 'session create' 'session update' 'session read' 'session list' \
  'session value' 'session sign'; do
  # shellcheck disable=SC2086  # words of a command
  expect "help of $command" 0 '*Example*Exit status:*' '' "$redoubt" $command --help
done

((failures == 0))
