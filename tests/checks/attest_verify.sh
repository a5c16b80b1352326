#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# `redoubt attest verify` from the outside: exit statuses, what goes to which stream, and that every option is in --help.
# The evidence is a made-up platform's.
#
# Usage: attest_verify.sh BUILD_DIRECTORY

set -euo pipefail

build=$(readlink -f "$1")
T=$(mktemp -d "${TMPDIR:-/tmp}/redoubt-attest-verify.XXXXXX")
trap 'rm -rf "$T"' EXIT
"$build/tests/tools/write_test_platform" "$T"
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
verify() {  # FILE ARGUMENT...
  local file=$1
  shift
  "$redoubt" attest verify "$file" --collateral collateral.json --root root.der "$@"
}
at=(--at 2025-08-12T12:00:00Z)

expect "acceptable" 0 'acceptable: UpToDate*MRENCLAVE *e1e1*report data *dada*' '' verify quote.bin "${at[@]}"
expect "seconds since 1970" 0 'acceptable: *' '' verify quote.bin --at 1755000000
expect "genuine, debug" 1 'genuine but not acceptable: UpToDate*enclave.debug: expected *; found *; to do: *' '' verify debug.bin "${at[@]}"
expect "debug tolerated" 0 'acceptable: *' '' verify debug.bin "${at[@]}" --tolerate debug-mode
expect "several options" 0 'acceptable: *' '' "$redoubt" attest verify --tolerate OutOfDate --tolerate debug-mode \
  --ignore-advisory '*' --ignore-advisory INTEL-SA-00001 debug.bin --collateral collateral.json --root root.der "${at[@]}"
expect "expired" 1 'genuine but not acceptable*validity: *TCB info*' '' verify quote.bin --at 2025-12-31T00:00:00Z
expect "not genuine" 2 'not genuine: NOT_GENUINE*quote.signature: *' '' verify forged.bin "${at[@]}"
expect "not a quote" 2 'not genuine*quote.*' '' verify collateral.json "${at[@]}"
mkdir other
"$build/tests/tools/write_test_platform" other
expect "foreign root" 2 'not genuine*tcb-signing-chain.root*' '' "$redoubt" attest verify quote.bin --collateral collateral.json \
  "${at[@]}" --root other/root.der
printf '{' >broken.json
expect "broken collateral" 2 'not genuine*collateral.format*' '' \
  "$redoubt" attest verify quote.bin --collateral broken.json --root root.der "${at[@]}"
expect "json" 0 'acceptable True UpToDate [[][]]' '' bash -c \
  "'$redoubt' attest verify quote.bin --collateral collateral.json --root root.der ${at[*]} --json |
   /usr/bin/python3 -c 'import json,sys; r=json.load(sys.stdin); print(r[\"verdict\"], r[\"genuine\"], r[\"result\"], r[\"reasons\"])'"
expect "json of a refusal" 2 '*"check": "quote.signature"*"expected"*"actual"*"remedy"*' '' verify forged.bin "${at[@]}" --json

expect "unreadable evidence" 125 '' '*cannot read*nothing*' verify nothing "${at[@]}"
expect "a directory" 125 '' '*cannot read*' verify . "${at[@]}"
expect "a root that is none" 125 '' '*root certificate*' "$redoubt" attest verify quote.bin --collateral collateral.json \
  "${at[@]}" --root collateral.json
expect "bad time" 2 '' '*--at*yesterday*' verify quote.bin --at yesterday
expect "bad tolerance" 2 '' '*--tolerate*Revoked*' verify quote.bin "${at[@]}" --tolerate Revoked
expect "missing option" 2 '' '*--at*' verify quote.bin
expect "no subcommand" 2 '' '*a command of redoubt attest (verify), found none*' "$redoubt" attest
expect "help" 0 '*verify*Example*' '' "$redoubt" attest --help
expect "help of verify" 0 '*--collateral*--at*--root*--json*--tolerate*--ignore-advisory*Examples*Exit status*' '' \
  "$redoubt" attest verify --help

((failures == 0))
