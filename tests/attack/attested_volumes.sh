#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What the owner of the disk can do to a volume whose history CAS keeps: bring back older states, run two instances, put other
# volumes under a path. Nothing that was acknowledged is lost unnoticed, and no second history comes to be.
# shellcheck source=tests/attack/volume_lib.sh disable=SC1091
source "$(dirname "$0")/volume_lib.sh"

# --- the first tag ---
V=$T/first
policy first "$V"
live first
answer '^list$' list
[[ $(cas_volume first state) == tag ]] || fail "a program runs on a volume of which CAS has no tag: $(cas_volume first state)"
answer ok put a 5000 1
answer ok put b 5000 2
killed
probe first 'get a' 'get b' list
expect "CAS knows a volume before its program runs; kill -9 then loses nothing" 0 $'get a 5000 .*\nget b 5000 .*\nlist a b\n'

# --- older states of all of it ---
probe first 'put c 9 3' 'sync c'
cp -a "$V" "$T/older"
probe first 'put d 9 4' 'sync d'
mv "$V" "$T/newest"
cp -a "$T/older" "$V"
probe first list
refused "an older copy" 'volume\.rollback'
rm -r "$V"
mkdir "$V"
probe first list
refused "an empty directory" 'volume\.rollback'
for word in 'an empty directory' 'redoubt session forget-volume SESSION data'; do
    grep -q "$word" "$T/probe.err" || fail "no word about what happened and what to do: $(<"$T/probe.err")"
done
mkdir "$V/lost+found"
probe first list
refused "an empty disk" 'volume\.rollback'
rmdir "$V/lost+found"
[[ -z $(ls "$V") ]] || fail "something was put into the empty directory: $(ls "$V")"
rm -r "$V"
probe first list
refused "no directory" 'volume\.directory'

# --- forget-volume ---
cp -a "$T/older" "$V"
"$REDOUBT" session forget-volume attack/first data --trust-contents >"$T/forget.out" || fail "forget-volume --trust-contents"
[[ $(cas_volume first state) == trust ]] || fail "state after --trust-contents: $(cas_volume first state)"
probe first list 'put e 9 5' 'sync e'
expect "--trust-contents takes what is there" 0 $'list a b c\nput e ok\nsync e ok\n'
[[ $(cas_volume first state) == tag ]] || fail "trust does not end with the first tag: $(cas_volume first state)"
mv "$V" "$T/after"
cp -a "$T/older" "$V"
probe first list
refused "... once" 'volume\.rollback'
rm -r "$V"
mv "$T/after" "$V"
probe first list
expect "... and what was kept since is there" 0 $'list a b c e\n'
"$REDOUBT" session forget-volume attack/first data >"$T/forget.out" || fail "forget-volume"
probe first list
refused "a forgotten volume's files are not overwritten" 'volume\.exists'
rm "$V"/*
probe first list 'put new 9 1'
expect "forget-volume begins anew in an empty directory" 0 $'list\nput new ok\n'

# --- foreign files ---
policy other "$T/other"
probe other 'put x 10 1' 'sync x'
mv "$V" "$T/mine"
cp -a "$T/other" "$V"
probe first list
refused "another volume's files" 'volume\.key'
KEY=$(openssl rand -hex 32)
policy one "$T/one" rollback_protected "$KEY"
policy two "$T/two" rollback_protected "$KEY"
probe one 'put x 10 1' 'sync x'
probe two 'put x 10 1' 'sync x'
mv "$T/one" "$T/two.files" && mv "$T/two" "$T/one" && mv "$T/two.files" "$T/two"
probe one list
refused "another volume's files of the same key" 'volume\.rollback'
for file in superblock.a superblock.b log.a log.b data.0; do
    rm -rf "$T/one"
    cp -a "$T/two" "$T/one.good" # one's own
    cp -a "$T/one.good" "$T/one"
    rm -r "$T/one.good"
    [[ -s $T/one/$file ]] || continue
    flip "$T/one/$file" 100
    cmp -s "$T/one/$file" "$T/two/$file" && fail "$file was not changed"
    probe one 'get x'
    [[ $STATUS == 125 || $(<"$T/probe.out") == "get x 10 "* || $(<"$T/probe.out") == "get x EIO" ]] || fail "$file: $(<"$T/probe.out")"
    [[ $STATUS == 125 ]] || cp -a "$T/one/." "$T/two/"
done
echo "ok single files of it"

# --- without protection, and without memory ---
policy free "$T/free" no_rollback_protection
grep -qi 'insecure: no_rollback_protection' "$T/session.err" "$T/session.out" || fail "no_rollback_protection is not called insecure: $(cat "$T"/session.{out,err})"
probe free 'put a 9 1' 'sync a'
cp -a "$T/free" "$T/free.older"
probe free 'put b 9 1' 'sync b' 'put c 9 1' 'sync c'
rm -r "$T/free" && cp -a "$T/free.older" "$T/free"
probe free list 'put d 9 1' 'sync d' 'sync d'
expect "no_rollback_protection takes an older copy" 0 $'list a\nput d ok\nsync d ok\nsync d ok\n'
policy brief "$T/brief" ephemeral
probe brief 'put a 9 1' 'sync a' 'put b 9 1' 'sync b' 'get b'
expect "ephemeral: the first run may sync as often as it likes" 0 $'put a ok\nsync a ok\nput b ok\nsync b ok\nget b 9 .*\n'
probe brief list
refused "ephemeral: a changed volume is refused next time" 'volume\.exact'

# --- two at once ---
D=$T/double
policy double "$D"
live double
answer ok put a 100 1
answer ok sync a
probe double list
refused "a second instance on the same files" 'volume\.in-use'
answer ok put b 100 2
answer ok sync b
[[ ! -s $T/live.err ]] || fail "the first instance was disturbed: $(<"$T/live.err")"
if [[ $(id -u) == 0 ]] && unshare -m true 2>/dev/null; then
    # A second machine with a copy of the directory at the same path.
    elsewhere() {
        STATUS=0
        # shellcheck disable=SC2016
        printf '%s\n' "${@:2}" | unshare -m bash -c 'mount --bind "$1" "$2" && shift 2 && exec "$@"' sh "$1" "$D" \
            timeout 60 "$REDOUBT" run -q --session attack/double/app >"$T/probe.out" 2>"$T/probe.err" || STATUS=$?
    }
    cp -a "$D" "$T/stale"
    answer ok put c 100 3
    answer ok sync c
    elsewhere "$T/stale" list
    refused "a second instance on a copy that is behind" 'volume\.rollback'
    answer ok put d 100 4
    answer ok sync d
    cp -a "$D" "$T/copy"
    elsewhere "$T/copy" list 'put e 100 5' 'sync e'
    expect "a second instance on a copy that is not behind takes over" 0 $'list a b c d\nput e ok\nsync e ok\n'
    answer ok put f 100 6
    answer EIO sync f
    grep -qE 'redoubt: CAS did not keep the tag of a volume.*volume\.lease' "$T/live.err" || fail "no line about it: $(<"$T/live.err")"
    answer EIO put g 100 7
    answer 'get d 100' get d
    leave
    probe double list
    refused "the first one's files, which are no history of CAS's" 'volume\.rollback'
    elsewhere "$T/copy" list
    expect "the second one's go on" 0 $'list a b c d e\n'
    # A mistake that fails ends nobody's lease.
    live other
    answer '^list' list
    probe other list
    refused "again a second one" 'volume\.in-use'
    answer ok put y 9 9
    answer ok sync y
    leave
else
    left_out "two instances on copies (needs root)"
    leave
fi

# --- CAS restarted, and gone ---
cas_again() {
    : >"$T/cas.out"
    setsid "$BIN/redoubt-cas" --data "$CAS_DATA" --listen "$CAS_ADDRESS" --simulated-root "$SIMULATED/root.pem" >"$T/cas.out" 2>>"$T/cas.err" </dev/null &
    CAS_PID=$!
    E2E_PIDS+=("$CAS_PID")
    wait_until 10 "CAS to listen" line_or_death '^ready' "$T/cas.out" "$CAS_PID"
    line_in '^ready' "$T/cas.out" || fail "CAS ended: $(tail -n 3 "$T/cas.err")"
}
live other
answer ok put y1 9 9
answer ok sync y1
cas_down
cas_again
answer ok put y2 9 9
answer ok sync y2
[[ ! -s $T/live.err ]] || fail "a restart of CAS was seen: $(<"$T/live.err")"
echo "ok CAS restarted between two tags: nobody notices"
kill -KILL "$CAS_PID"
wait_for_exit "$CAS_PID"
answer ok add y1 9 9
before=$(wc -l <"$T/live.out")
echo sync y1 >&"$to_live"
cas_again
wait_until 20 "the tag to be kept" answered "$before"
[[ $(tail -n 1 "$T/live.out") == "sync y1 ok" ]] || fail "CAS back within ten seconds: $(tail -n 1 "$T/live.out") $(<"$T/live.err")"
[[ ! -s $T/live.err ]] || fail "... was seen: $(<"$T/live.err")"
echo "ok CAS killed, and back while the program waits in fsync"
kill -KILL "$CAS_PID"
wait_for_exit "$CAS_PID"
answer ok add y2 9 9
answer EIO sync y2
answer 'get y1 18 ' get y1
grep -qE 'redoubt: CAS did not keep the tag' "$T/live.err" || fail "no line about it: $(<"$T/live.err")"
leave
cas_again
probe other list 'get y1' 'get y2'
expect "CAS gone: EIO and a line; nothing of before is lost" 0 $'list .*y1 y2\nget y1 18 .*\nget y2 18 '
