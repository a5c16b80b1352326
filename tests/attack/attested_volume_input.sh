#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Bad input to a volume of an attested program: wrong key, another format version, missing and extra files, a full and a read-only disk,
# a directory that is another's, a policy that cannot be met, a port in use. Each is one clear error, and nothing is lost by it.
# shellcheck source=tests/attack/volume_lib.sh disable=SC1091
source "$(dirname "$0")/volume_lib.sh"

V=$T/v
KEY=$(openssl rand -hex 32)
policy v "$V" rollback_protected "$KEY"
probe v 'put a 5000 1' 'sync a' 'get a'
expect "a volume" 0 'sync a ok'
TRUTH=$(grep '^get' "$T/probe.out")
cp -a "$V" "$T/before"
unchanged() {
    diff -r "$V" "$T/before" >/dev/null || fail "$1 changed the host's files"
    rm -rf "$V" && cp -a "$T/before" "$V"
}
still_there() {
    probe v 'get a'
    [[ $STATUS == 0 && $(<"$T/probe.out") == "$TRUTH" ]] || fail "after $1: $(cat "$T"/probe.{out,err})"
    rm -rf "$T/before" && cp -a "$V" "$T/before"
}

# --- the key ---
update() { "$REDOUBT" session update "$1" --predecessor current >"$T/update.out" 2>"$T/update.err" || fail "session update: $(cat "$T"/update.{out,err})"; }
policy_text v "$V" rollback_protected "$(openssl rand -hex 32)" >"$T/v2.yml"
update "$T/v2.yml"
probe v 'get a'
expect "another fspf_key in the session" 120 '^$' 'volume\.key'
grep -q 'earlier fspf_key' "$T/probe.err" || fail "no remedy: $(<"$T/probe.err")"
unchanged "another key"
policy_text v "$V" rollback_protected "$KEY" >"$T/v3.yml"
update "$T/v3.yml"
still_there "another key"

# --- from outside, with the key ---
echo "$KEY" >"$T/key"
"$REDOUBT" volume ls --key-file "$T/key" "$V" >"$T/ls" || fail "redoubt volume ls"
[[ $(<"$T/ls") == /a ]] || fail "redoubt volume ls: $(<"$T/ls")"
"$REDOUBT" volume verify --key-file "$T/key" "$V" >"$T/verify" || fail "redoubt volume verify: $(<"$T/verify")"
unchanged "looking"
[[ $("$REDOUBT" volume cat --key-file "$T/key" "$V" /a | wc -c) == 5000 ]] || fail "redoubt volume cat"
echo outside >"$T/outside"
"$REDOUBT" volume put --key-file "$T/key" "$V" "$T/outside" /outside 2>"$T/put.err" || fail "redoubt volume put: $(<"$T/put.err")"
probe v list 'get a'
expect "redoubt volume ls, verify, cat and put on it; the program goes on from there" 0 'list a outside'
rm -rf "$T/before" && cp -a "$V" "$T/before"

"$REDOUBT" session forget-volume attack/v data >"$T/forget.out" || fail "forget-volume"
probe v list
expect "a forgotten volume of the same key is not overwritten" 125 '^$' 'volume\.exists'
unchanged "initialising over it"
"$REDOUBT" session forget-volume attack/v data --trust-contents >"$T/forget.out" 2>&1 && fail "there is no tag to trust the contents after"
TAG=$("$REDOUBT" volume stat --json --key-file "$T/key" "$V" | python3 -c 'import json, sys; s = json.load(sys.stdin); print("%016x%s" % (s["sequence"], s["tag"]))')
policy_text v "$V" rollback_protected "$KEY" | sed "s/fspf_key: /fspf_tag: \"$TAG\", fspf_key: /" >"$T/v4.yml"
update "$T/v4.yml"
"$REDOUBT" session forget-volume attack/v data >"$T/forget.out" || fail "forget-volume"
probe v list 'get a'
expect "... and goes on with its tag as fspf_tag" 0 'list a outside'
rm -rf "$T/before" && cp -a "$V" "$T/before"

# --- files ---
for file in superblock.a superblock.b; do
    python3 - "$V/$file" <<'END'
import struct, sys
with open(sys.argv[1], "r+b") as f:
    assert f.read(8) == b"REDOUBTV" or not f.seek(0)
    f.seek(8)
    f.write(struct.pack("<I", 2))
END
done
probe v list
refused "another format version" 'volume\.format'
rm -rf "$V" && cp -a "$T/before" "$V"
for file in superblock.a superblock.b log.a log.b checkpoint.a checkpoint.b data.0; do
    rm "$V/$file"
    probe v list
    refused "$file missing" "volume\.file\.missing"
    [[ ! -e $V/$file ]] || fail "$file was made anew"
    rm -rf "$V" && cp -a "$T/before" "$V"
done
echo mine >"$V/notes"
probe v list 'get a'
expect "a file too many is refused" 125 '^$' 'volume\.file\.extra.*notes|notes'
[[ $(<"$V/notes") == mine ]] || fail "it was changed"
rm "$V/notes"
still_there "files"
policy fresh "$T/fresh"
echo mine >"$T/fresh/notes"
probe fresh list
refused "a directory in use for something else" 'volume\.directory\.foreign'
[[ $(ls "$T/fresh") == notes ]] || fail "something was put beside it: $(ls "$T/fresh")"
rmdir "$T/fresh" 2>/dev/null || rm -r "$T/fresh"
probe fresh list
refused "no host directory" 'volume\.directory'
echo file >"$T/fresh"
probe fresh list
refused "a file in its place" 'volume\.directory'
rm "$T/fresh"
mkdir "$T/fresh"
mkdir "$T/fresh/data.0"
probe fresh list
expect "a directory in place of a host file" 125 '^$' 'data\.0'
rm -r "$T/fresh"

# --- disks ---
if [[ $(id -u) == 0 ]] && unshare -m true 2>/dev/null; then
    # inside SCRIPT LINE...: runs SCRIPT in a mount namespace of its own; in it, run_probe NAME LINE... as probe().
    inside() {
        STATUS=0
        # shellcheck disable=SC2016
        T=$T V=$V REDOUBT=$REDOUBT unshare -m bash -c 'set -e
            run_probe() { local session=$1; shift; printf "%s\n" "$@" | timeout 60 "$REDOUBT" run -q --session "attack/$session/app"; }
            '"$1" >"$T/probe.out" 2>"$T/probe.err" || STATUS=$?
    }
    # shellcheck disable=SC2016
    inside 'mount --bind "$V" "$V"; mount -o remount,ro,bind "$V"; run_probe v "get a"'
    refused "a read-only disk" 'EROFS'
    still_there "a read-only disk"
    policy full "$T/full"
    # shellcheck disable=SC2016
    inside 'mount -t tmpfs -o size=8m none "$T/full"
        run_probe full "put keep 1000000 1" "sync keep" "get keep" "put big 20000000 2" "get keep" "sync keep" "add keep 10 3" "remove big" "add keep 10 4" "sync keep" "put next 2000000 5" "sync next" "get keep" "get next" list
        run_probe full "get keep" "get next"'
    [[ $STATUS == 0 ]] || fail "a full disk: status $STATUS: $(cat "$T"/probe.{out,err})"
    grep -q '^put big ENOSPC' "$T/probe.out" || fail "a full disk is not ENOSPC: $(cat "$T"/probe.{out,err})"
    for line in 'remove big ok' 'put next ok' 'sync next ok' 'get next 2000000'; do
        grep -q "^$line" "$T/probe.out" || fail "a full disk: no '$line': $(cat "$T"/probe.{out,err})"
    done
    [[ $(grep -c '^get keep 1000000' "$T/probe.out") == 2 && $(tail -n 2 "$T/probe.out") == $(grep -E '^get (keep|next)' "$T/probe.out" | tail -n 4 | head -n 2) ]] ||
        fail "a full disk: data changed: $(<"$T/probe.out")"
    [[ ! -s $T/probe.err ]] || fail "a full disk: $(<"$T/probe.err")"
    echo "ok a full disk: ENOSPC, earlier data is there, and it goes on when something is removed"
    # --- redis on a full disk ---
    if command -v redis-server >/dev/null && command -v redis-cli >/dev/null; then
        free_port
        mkdir "$T/redis"
        REDIS_CODE=$(measured_code redis-server)
        CODE=$REDIS_CODE policy_text redis "$T/redis" |
            sed "s|command: .*|command: [redis-server, --bind, 127.0.0.1, --port, \"$PORT\", --dir, $T/redis, --appendonly, \"yes\", --appendfsync, everysec, --save, \"\", --auto-aof-rewrite-percentage, \"0\"]\n    environment: { PATH: /usr/bin }|" >"$T/redis.yml"
        session_up "$T/redis.yml"
        # shellcheck disable=SC2016
        setsid unshare -m bash -c 'mount -t tmpfs -o size=10m none "$1/redis"; shift; exec "$@"' sh "$T" \
            "$REDOUBT" run -q --session attack/redis/app >"$T/redis.out" 2>"$T/redis.err" </dev/null &
        REDIS=$!
        E2E_PIDS+=("$REDIS")
        wait_for_port "$PORT" "$REDIS" 30
        cli() { timeout 20 redis-cli -p "$PORT" "$@" 2>&1; }
        head -c 500000 /dev/urandom | base64 -w0 >"$T/value"
        is_full() {
            ((++KEYS))
            [[ $(cli -x SET "k:$KEYS" <"$T/value") == *MISCONF* ]] || process_is_gone "$REDIS"
        }
        KEYS=0
        cli -x SET first <"$T/value" >/dev/null
        wait_until 60 "redis to say that the disk is full" is_full
        process_is_gone "$REDIS" && fail "redis ended on a full disk: $(tail -n 5 "$T/redis.out" "$T/redis.err")"
        grep -q 'No space left' "$T/redis.out" || fail "redis was not told ENOSPC: $(tail -n 5 "$T/redis.out")"
        nsenter -t "$REDIS" -m mount -o remount,size=64m "$T/redis" || fail "more space"
        goes_on() { [[ $(cli SET more 1) == OK ]]; }
        wait_until 60 "redis to go on after space was made" goes_on
        synced() { [[ $(cli WAITAOF 1 0 2000) == 1* || $(cli INFO persistence) == *aof_last_write_status:ok* ]]; }
        wait_until 20 "redis to write again" synced
        [[ $(cli GET first | sha256sum) == "$(cat "$T/value" <(echo) | sha256sum)" ]] || fail "redis: the first value changed"
        LIVING=$(cli DBSIZE)
        cli SHUTDOWN >/dev/null || true
        wait_for_exit "$REDIS"
        [[ ! -s $T/redis.err ]] || fail "redis on a full disk: $(<"$T/redis.err")"
        echo "ok redis on a full disk: MISCONF, nothing lost ($LIVING keys), goes on when there is space"
    fi
    policy tiny "$T/tiny"
    # shellcheck disable=SC2016
    inside 'mount -t tmpfs -o size=64k none "$T/tiny"; run_probe tiny list'
    refused "no space for a new volume" 'volume\.(host|directory).*'
    if id nobody >/dev/null 2>&1 && command -v setpriv >/dev/null; then
        chmod 755 "$T"
        chmod -R go-rwx "$V"
        STATUS=0
        echo list | timeout 60 setpriv --reuid=nobody --clear-groups "$REDOUBT" run -q --session attack/v/app >"$T/probe.out" 2>"$T/probe.err" || STATUS=$?
        if grep -qE '(^|[^a-z])las\.|locked memory|memory\.sealed' "$T/probe.err"; then
            left_out "another user's directory ($(head -n 1 "$T/probe.err" | cut -c1-150))"
        else
            refused "a directory that another user owns" 'volume\.directory'
        fi
        chmod -R u=rwX "$V"
    fi
else
    left_out "full and read-only disks, other users (need root)"
fi

# --- the session ---
# shellcheck disable=SC2016  # for CAS to expand
policy_text missing "$T/missing" rollback_protected '$$SCONE::nowhere$$' >"$T/missing.yml"
STATUS=0
"$REDOUBT" session check "$T/missing.yml" >"$T/probe.out" 2>&1 || STATUS=$?
cp "$T/probe.out" "$T/probe.err"
((STATUS == 0)) && fail "session check takes a missing secret"
grep -qE 'missing\.yml:[0-9]+:.*nowhere' "$T/probe.err" || fail "session check: $STATUS $(<"$T/probe.err")"
echo "ok a missing secret, session check: $(grep -m1 nowhere "$T/probe.err" | sed 's/.*yml/yml/' | cut -c1-150)"
STATUS=0
"$REDOUBT" session create "$T/missing.yml" >"$T/probe.out" 2>"$T/probe.err" || STATUS=$?
((STATUS == 0)) && fail "session create takes a missing secret"
grep -q nowhere "$T/probe.err" || fail "session create: $STATUS $(<"$T/probe.err")"
echo "ok a missing secret, session create refuses"
STATUS=0
policy_text code "$(dirname "$PROBE")" >"$T/code.yml"
"$REDOUBT" session create "$T/code.yml" >"$T/probe.out" 2>"$T/probe.err" || STATUS=$?
if [[ $STATUS == 0 ]]; then
    probe code list
    refused "a mount over the program" 'volume\.mount|code'
else
    echo "ok a mount over the program: $(head -n 1 "$T/probe.err" | cut -c1-200)"
fi
rm -f "$T"/superblock.* "$T"/log.? "$T"/checkpoint.? "$T"/data.0

# --- a port in use ---
free_port
live v
answer "bind $PORT ok" bind "$PORT"
policy port "$T/port"
probe port "bind $PORT" 'put a 9 1' 'sync a'
expect "a port in use" 0 "^bind $PORT EADDRINUSE"$'\nput a ok\nsync a ok'
leave
still_there "all that"
echo "ok nothing was lost"
