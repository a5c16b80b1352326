#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The host chooses the address of CAS and the socket of LAS. Whatever answers there must not crash the runtime, run a program,
# or print anything that a terminal obeys: one clear error with the promised status, for every lie that fake_cas knows.

# shellcheck source=tests/attested/lib.sh
# shellcheck disable=SC1091
source "$(dirname "$0")/lib.sh" "$1"

mapfile -t code < <(code_of echo)

# case LIE STATUS PATTERN: the run against that lie.
case_of() {
  start_fake "${code[@]}" env=PATH=/usr/bin "hostile=$1" "${@:4}" -- echo the program ran
  attested
  if grep -q 'the program ran' "$T/out"; then
    fail "$1: the program ran"
  elif [[ $STATUS != "$2" ]] || ! grep -qE -- "$3" "$T/err" || (($(wc -l <"$T/err") != 4)); then
    fail "$1: expected status $2, four lines, $3; found status $STATUS"
    sed 's/^/        /' "$T/err"
  elif LC_ALL=C grep -qP '[^\x20-\x7e]' "$T/err"; then
    fail "$1: control characters of the peer reached standard error"
  else
    ok "$1"
  fi
}

# Not TLS 1.3 with the key asked for.
case_of no-tls 125 'cas.tls'
case_of closes-early 125 'cas\.receive'
case_of tls12 125 'cas.tls'
case_of rsa 125 'cas.tls'

# Not HTTP.
for lie in garbage zeroes http10 interim no-length two-lengths negative-length huge-length large-length chunked folded \
  endless-head more-than-length plain-500 garbage-403; do
  case_of "$lie" 125 'cas.protocol'
done
case_of cut-body 125 'cas\.receive'
case_of closes 125 'cas\.receive'

# Not the messages.
for lie in wire-garbage wire-bomb empty challenge-version manifest-version; do
  case_of "$lie" 125 'cas.protocol'
done

# Refusals, with texts that a terminal would obey.
case_of refuses 120 'CAS refused: session\..*'
case_of other-exporter 120 'evidence.report_data'
case_of las-refuses 125 'LAS refused: las.traced'
case_of las-garbage 125 'las.exchange'
case_of las-large 125 'las.exchange'
case_of las-closes 125 'las.exchange'
case_of las-garbage-reply 125 'las.exchange'

# Configurations that cannot be.
case_of manifest-relative 125 'code.manifest'
case_of no-arguments 125 'configuration.command'
case_of empty-argument 125 'configuration.command'
case_of nul-argument 125 'configuration.command'
case_of nul-variable 125 'configuration.environment'
case_of equals-variable 125 'configuration.environment'
case_of inject-proc 125 'files.inject'
case_of inject-relative 125 'files.inject'
case_of unknown-feature 125 'runtime.features.*|volumes' feature=volumes feature=teleport
case_of template-other 125 'cas.protocol' template=/etc/ld.so.cache
case_of template-missing 125 'cas.protocol' template=/etc/ld.so.cache

# A larger configuration than anybody writes is only large.
start_fake "${code[@]}" env=PATH=/usr/bin hostile=large-configuration -- echo the program ran
attested
expect large-configuration 0 'the program ran'

# Another CAS than the one that was meant.
start_fake "${code[@]}" env=PATH=/usr/bin -- echo the program ran
attested "key=$(printf '0%.0s' {1..64})"
expect "pinned to another key" 120 '' 'cas.key'
attested key=xyz
expect "a pin that is none" 125 '' 'cas.key'
attested "key=$KEY"
expect "pinned to this key" 0 'the program ran'

# Nobody there.
CAS=127.0.0.1:1 attested
expect "no CAS" 125 '' 'cas.connect'
CAS=localhost:18765 attested
expect "a name" 125 '' 'cas.address'
LAS=$T/nowhere attested
expect "no LAS" 125 '' 'las.connect'
attested fd=99
expect "a request that is not open" 125 '' 'launch.request'
attested fd=2
expect "a request on a standard stream" 125 '' 'launch.request'
attested fd=x
expect "a request without number" 125 '' 'launch.request'
first=$CAS
CAS=127.0.0.1:1 attested "cas=$first"
expect "the second address" 0 'the program ran'

# Another file than the session says: no secret, a status of its own, and CAS hears which file.
start_fake "${code[@]}" "wrong=$(type -P echo)" env=PATH=/usr/bin -- echo the program ran
attested
expect "a replaced program" 120 '' 'code.hash'
grep -qE 'code /.*/echo is not SHA-256' "$T/seen" || fail "CAS was not told which file"

((failures == 0))
