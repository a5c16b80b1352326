#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Several processes of one run on a volume: a host that shows one of them another history than the others wrote; a tag that one of
# them could not have kept; and what was closed and never synced, by a program that then waits.
# shellcheck source=tests/attack/volume_lib.sh disable=SC1091
source "$(dirname "$0")/volume_lib.sh"

# --- another run's log, in place of this one's ---
# Both runs go on from the same files and write as much, so their records lie at the same places. No tag tells them apart.
V=$T/v
policy v "$V" no_rollback_protection
probe v 'put a 5000 1' 'sync a'
expect "a volume" 0 'sync a ok'
cp -a "$V" "$T/base"
live v
answer 'put a ok' put a 5000 2
answer 'get a' get a
OLD=$ANSWER
killed
cp -a "$V" "$T/old"
rm -r "$V"
cp -a "$T/base" "$V"
shown() { # DIRECTORY: its files, in those that the processes have open
    for file in log.a log.b; do dd if="$1/$file" of="$V/$file" conv=notrunc status=none; done
}
live v
answer 'get a 5000' child get a
answer 'put a ok' put a 5000 3
answer 'get a 5000' get a
NEW=$ANSWER
[[ $NEW != "$OLD" ]] || fail "the two runs wrote the same: $NEW"
cp -a "$V" "$T/new"
shown "$T/old"
answer 'get a EIO' child get a
grep -qE 'redoubt: volume data: .*log\.[ab]: .*another history' "$T/live.err" || fail "no line about it: $(<"$T/live.err")"
answer 'put c EIO' child put c 10 1
answer 'sync a EIO' child sync a
shown "$T/new"
answer 'get a EIO' child get a
answer "$NEW" get a
answer 'sync a ok' sync a
leave
probe v list 'get a'
expect "another run's log shown to a child: EIO, and nothing is built on it" 0 "list a"$'\n'"$NEW"

# The same for a program that exec brings: it does not start.
rm -r "$V"
cp -a "$T/base" "$V"
live v
answer 'put a ok' put a 5000 3
shown "$T/old"
echo exec again >&"$to_live"
wait_until 30 "the program to end" process_is_gone "$LIVE"
grep -q '^exec again ok' "$T/live.out" && fail "a program began on another history: $(<"$T/live.out")"
LIVE_STATUS=0
wait "$LIVE" || LIVE_STATUS=$?
exec {to_live}>&-
((LIVE_STATUS != 0)) || fail "exec on another history ended well"
for line in 'the program that exec names cannot start: volume\.log' "found +$V: not what the other processes wrote"; do
    grep -qE -- "$line" "$T/live.err" || fail "exec on another history does not say why, as $line: $(<"$T/live.err")"
done
echo "ok another run's log shown to exec: the program does not start ($LIVE_STATUS: $(tail -n 1 "$T/live.err"))"

# --- what was closed has a tag within a second, in a program that then waits ---
P=$T/p
policy p "$P"
sequence() { cas_volume p tag_sequence; }
reached() { (($(sequence) >= $1)); }
answers_are() { (($(wc -l <"$T/live.out") >= $1)); }
# Two files closed, the second within a second of a barrier or of the first. A barrier of the first alone, or none, is at most four
# records after the one before: settled, the change, the barrier, settled.
closed() { # LABEL PREFIX NAME
    local label=$1 prefix=$2 name=$3 before answers
    answer 'put .* ok' "${prefix}put $name 100 1"
    answer 'sync .* ok' "${prefix}sync $name"
    rm -rf "$T/before"
    cp -a "$P" "$T/before"
    before=$(sequence)
    answers=$(wc -l <"$T/live.out")
    printf '%s\n' "${prefix}add $name 100 2" "${prefix}put $name.late 100 3" >&"$to_live"
    wait_until 30 "$label: two answers" answers_are $((answers + 2))
    tail -n 1 "$T/live.out" | grep -q '^put .* ok$' || fail "$label: $(tail -n 3 "$T/live.out")"
    # A second, and what a busy machine adds.
    wait_until 10 "$label: a tag of what was closed (tag $before before, $(sequence) since)" reached $((before + 5))
    echo "ok $label: tag $before, then $(sequence)"
}
live p
answer '^list' list
closed "closed and waits" "" one
closed "a child that closes and waits" "child " two
answer '^exec' exec again
closed "after exec" "" three
killed
cp -a "$P" "$T/newest"
rm -r "$P"
cp -a "$T/before" "$P"
probe p list
refused "killed, and put back to before what was closed" 'volume\.rollback'
rm -r "$P"
cp -a "$T/newest" "$P"
probe p list 'get three.late'
expect "the files of the end are taken" 0 $'list one one.late three three.late two two.late\nget three.late 100 '

# --- a tag that was not kept stops every process ---
cas_again() {
    : >"$T/cas.out"
    setsid "$BIN/redoubt-cas" --data "$CAS_DATA" --listen "$CAS_ADDRESS" --simulated-root "$SIMULATED/root.pem" >"$T/cas.out" 2>>"$T/cas.err" </dev/null {to_live}>&- &
    CAS_PID=$!
    E2E_PIDS+=("$CAS_PID")
    wait_until 10 "CAS to listen" line_or_death '^ready' "$T/cas.out" "$CAS_PID"
    line_in '^ready' "$T/cas.out" || fail "CAS ended: $(tail -n 3 "$T/cas.err")"
}
live p
answer 'put s ok' child put s 100 1
answer 'sync s ok' child sync s
kill -KILL "$CAS_PID"
wait_for_exit "$CAS_PID"
answer 'add s' add s 100 2
answer 'sync s EIO' sync s
cas_again
answer 'add s EIO' child add s 100 3
answer 'put t EIO' child put t 100 3
answer 'get s 200' child get s
answer 'exec again ok' child exec again
answer 'put t EIO' child put t 100 3
answer 'exec again ok' exec again
answer 'put t EIO' put t 100 3
leave
probe p 'get s' 'put t 100 3'
expect "a tag that one process could not have kept: no changes by its child, nor after exec; the next run goes on" 0 $'get s 200 .*\nput t ok'
