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

# One answer or one tag lost: the same tag again, on another connection, and nobody notices. Tag 1 is the start's.
# shellcheck disable=SC2016
plain='cd "$0" || exit 9
echo one >one; sync one && echo two >two && sync two && exec cat one two'
for how in cut lose late; do
  service "tags=$how:2:1" -- bash -c "$plain" "$T/volume"
  attested "key=$KEY"
  expect "one tag $how" 0 '^two$'
  [[ ! -s $T/err ]] || fail "one tag $how: $(<"$T/err")"
  again=$(grep -c "^tag v .* $(grep -m1 -oE "sequence [0-9]+ $how" "$T/seen" | grep -oE 'sequence [0-9]+') " "$T/seen" || true)
  [[ $how == late || $again == 2 ]] || fail "one tag $how: sent $again times: $(grep ^tag "$T/seen")"
done

# The first tag: without it no program runs, and the next start makes the volume again.
service tags=refuse:1:1 -- bash -c "echo started; $plain" "$T/volume"
attested "key=$KEY"
expect "the first tag refused" 125 '' 'volume\.claim'
[[ ! -s $T/out ]] || fail "the program ran without its first tag: $(<"$T/out")"
attested "key=$KEY"
expect "... and the next start" 0 '^two$'
for how in lose cut; do
  service "tags=$how:1:2" -- bash -c "$plain" "$T/volume"
  attested "key=$KEY"
  expect "the first tag: two times $how" 0 '^two$'
done

# Killed while the first tag is on its way: whether or not CAS has it then, the next start works.
for how in late lose; do
  service "tags=$how:1:1" -- bash -c "$plain" "$T/volume"
  "$LAUNCH" "$RUNTIME" "cas=$CAS" "las=$LAS" "key=$KEY" >"$T/out" 2>"$T/err" </dev/null &
  started=$!
  until grep -q '^tag v' "$T/seen" || ! kill -0 "$started" 2>/dev/null; do :; done
  kill -KILL "$started" 2>/dev/null || true
  wait "$started" 2>/dev/null || true
  [[ $how == lose || ! -s $T/out ]] || fail "the program ran before its first tag was acknowledged: $(<"$T/out")"
  attested "key=$KEY"
  expect "killed at the first tag ($how)" 0 '^two$'
done

# Ephemeral, and without protection: the first tag only, whatever the program does.
for updates in ephemeral no-protection; do
  rm -rf "$T/volume"
  mkdir "$T/volume"
  start_fake "${code[@]}" "volume=v=$T/volume,$updates" -- bash -c "$plain" "$T/volume"
  attested "key=$KEY"
  expect "$updates: fsync as often as it likes" 0 '^two$'
  [[ $(seen '^tag v ') == 1 ]] || fail "$updates: $(seen '^tag v ') tags"
done

((failures == 0))
