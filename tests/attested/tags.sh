#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tags of a volume on their way to CAS, from children of fork and images after exec: each process has a connection of its own
# and introduces itself; what CAS refuses is an error for the program and one line.
# shellcheck source=tests/attested/lib.sh
source "$(dirname "$0")/lib.sh"
need sync

mapfile -t code < <(code_of bash sync cat)
service() {  # arguments for fake_cas
  rm -rf "$T/volume"
  mkdir "$T/volume"
  start_fake "${code[@]}" "volume=v=$T/volume" "$@"
}
seen() { grep -cE -- "$1" "$T/seen" || true; }

# shellcheck disable=SC2016 # for the program
program='cd "$0" || exit 9
echo one >one; sync one || exit 1
for i in 1 2 3; do (echo "$i" >"child$i"; exec sync "child$i") || exit 2; done
exec cat one child1 child2 child3'
service -- bash -c "$program" "$T/volume"
attested "key=$KEY"
expect "children of fork, and sync after exec" 0 '^3$'
tags=$(seen '^tag v .* keep$') hellos=$(seen '^POST /v1/instance$')
if ((tags >= 4 && hellos >= 4)); then ok "a connection a process: $hellos, $tags tags"; else fail "$hellos introductions, $tags tags"; fi
attested "key=$KEY"
expect "again, from what CAS keeps" 0 '^3$'

# shellcheck disable=SC2016
refused='cd "$0" || exit 9
echo one >one; sync one; sync one; echo two >two && sync two && exit 3; exit 4'
service tags=lease:2 -- bash -c "$refused" "$T/volume"
attested "key=$KEY"
expect "a lease that ended" 4 '' '^redoubt: CAS did not keep the tag of a volume, .*volume\.lease'

service tags=lose:2 -- bash -c "$refused" "$T/volume"
attested "key=$KEY"
expect "connections that are lost each time" 4 '' '^redoubt: CAS did not keep the tag of a volume, .*cas\.(receive|send)'

((failures == 0))
