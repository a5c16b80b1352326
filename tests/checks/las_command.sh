#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# `redoubt simulate`, `redoubt las` and `redoubt self` from the outside: exit statuses, streams, file modes, and that every
# option is in --help. What LAS refuses is tested in tests/attack/las.
#
# Usage: las_command.sh BUILD_DIRECTORY

set -euo pipefail

build=$(readlink -f "$1")
T=$(mktemp -d "${TMPDIR:-/tmp}/redoubt-las-command.XXXXXX")
trap 'rm -rf "$T"' EXIT
redoubt=$build/bin/redoubt
cd "$T"

failures=0
expect() {  # NAME STATUS OUTPUT-PATTERN ERROR-PATTERN COMMAND... (patterns are globs over all of the stream)
  local name=$1 wanted=$2 output_pattern=$3 error_pattern=$4 status=0 output error
  shift 4
  output=$("$@" 2>"$T/error") || status=$?
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

expect "create" 0 'SIMULATED platform made in p;*valid until*redoubt las start*--simulated-root*' '' "$redoubt" simulate create p
# shellcheck disable=SC2016  # expanded by the inner shell
expect "modes" 0 '700 600 600 600 600' '' bash -c 'echo $(stat -c %a p $(find p -name "*.key"))'
expect "it says what it is" 0 'A SIMULATED platform*' '' cat p/README
expect "the root says what it is" 0 '*Redoubt simulated platform*' '' openssl x509 -in p/root.pem -noout -subject
expect "OpenSSL accepts the chain" 0 '*OK*' '' openssl verify -CAfile p/root.pem p/authority/pck-ca.pem p/authority/tcb-signing.pem
expect "not over another" 125 '' '*expected "p" not to exist or to be empty*' "$redoubt" simulate create p
expect "an unwritable place" 125 '' '*cannot create*' "$redoubt" simulate create nothing/p
expect "create, json" 0 'True 64' '' bash -c "'$redoubt' simulate create q --json --valid-for 1 |
  /usr/bin/python3 -c 'import json,sys; r=json.load(sys.stdin); print(r[\"simulated\"], len(r[\"root_sha256\"]))'"
before=$(sha256sum p/collateral.json p/root.pem p/platform/*)
expect "renew" 0 'SIMULATED platform renewed in p;*' '' "$redoubt" simulate renew p --valid-for 7
expect "renew changes the collateral only" 0 '*collateral.json: FAILED*root.pem: OK*' '*' bash -c "sha256sum -c <<<'$before' || true"
expect "renew without keys" 125 '' '*cannot read*authority/root.key*' "$redoubt" simulate renew .
expect "too long" 2 '' '*--valid-for*' "$redoubt" simulate create r --valid-for 100000
expect "simulate alone" 2 '' '*a command of redoubt simulate (create, renew), found none*' "$redoubt" simulate
expect "help of create" 0 '*DIR*--valid-for*--json*could be kept elsewhere*Examples*' '' "$redoubt" simulate create --help
expect "help of renew" 0 '*DIR*--valid-for*Examples*' '' "$redoubt" simulate renew --help

expect "las without a source" 2 '' '*expected a source of evidence*--simulated DIR*' "$redoubt" las start --socket "$T/s"
expect "las without a platform" 125 '' '*attestation.key*' "$redoubt" las start --socket "$T/s" --simulated nothing
expect "las with a relative socket" 125 '*' '*absolute path*' "$redoubt" las start --socket s --simulated p
touch file
expect "las over a file" 125 '*' '*exists and is no socket*' "$redoubt" las start --socket "$T/file" --simulated p
expect "help of las" 0 '*--socket*--simulated*Examples*' '' "$redoubt" las start --help
expect "help of redoubt-las" 0 '*--socket*--simulated*Examples*Exit status*' '' "$build/bin/redoubt-las" --help

runtime_hash=$(sha256sum "$build/bin/redoubt-run" | cut -d' ' -f1)
expect "self without LAS" 0 "*$runtime_hash*none: cannot connect to LAS*" '' "$redoubt" self show --las "$T/nothing"
expect "self, json, without LAS" 0 "$runtime_hash None False" '' bash -c "'$redoubt' self show --json --las '$T/nothing' |
  /usr/bin/python3 -c 'import json,sys; r=json.load(sys.stdin); print(r[\"mrenclave\"], r[\"platform\"], r[\"promises\"][0][\"holds\"])'"
expect "help of self" 0 '*--json*--las*Examples*' '' "$redoubt" self show --help

mkfifo ready
"$redoubt" las start --socket "$T/s" --simulated p >ready 2>log &
las=$!
read -r line <ready
expect "ready" 0 "redoubt-las: listening on $T/s" '' echo "$line"
expect "self with LAS" 0 '*simulated SGX*another program*yes*a false machine*NO*' '' "$redoubt" self show --las "$T/s"
expect "LAS says that it is simulated" 0 '*SIMULATED*' '' cat log
kill -TERM "$las"
stopped=0
wait "$las" || stopped=$?  # not inside `expect`, whose command runs in another shell
expect "SIGTERM ends it with 0" 0 0 '' echo "$stopped"

((failures == 0))
