#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Proves: an unmodified redis-server with its append-only file and snapshots on a volume of the session. What was answered survives kill -9
# and a restart; nothing of names and values is in the host's files. A second run at the same time, an older copy of the whole directory, a
# missing file and a changed one are refused with an error that names the check; with the newest files back, all is there.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
# shellcheck source=attested_lib.sh disable=SC1091
source "$(dirname "$0")/attested_lib.sh"
need redis-server redis-cli python3
services_up
fresh_work
free_port
DATA=$T/data
mkdir "$DATA"
NAME=$(canary)

cat >"$T/session.yml" <<END
name: e2e/volume
version: "0.3"
services:
  - name: server
    image_name: image
    command: [redis-server, --bind, 127.0.0.1, --port, "$PORT", --dir, $DATA, --appendonly, "yes", --appendfsync, always, --appendfilename, $NAME.aof, --dbfilename, $NAME.rdb]
    environment: { PATH: "/usr/bin:/bin" }
    attestation: [{ mrenclave: $MRENCLAVE }]
    code:
$(measured_code redis-server)
images:
  - { name: image, volumes: [{ name: data, path: $DATA }] }
volumes: [{ name: data }]
security: { attestation: { tolerate: [simulation] } }
END
session_up "$T/session.yml"

cli() { timeout 20 redis-cli -p "$PORT" "$@" 2>&1; }
answers_or_gone() { [[ $(cli PING) == PONG ]] || process_is_gone "$SERVER_PID"; }
up() {
    start_attested e2e/volume/server
    wait_until 30 "redis to answer" answers_or_gone
    [[ $(cli PING) == PONG ]] || fail "redis does not start: $(cat "$T/attested.err")"
}
down() {
    stop_server TERM "$SERVER_PID"
    [[ $SERVER_STATUS == 0 ]] || fail "redis-server ended with status $SERVER_STATUS: $(tail -n 5 "$T/attested.err")"
}
# not_started WORD...: a start is refused before redis runs, and the error has each word.
not_started() {
    local status=0 word
    attested e2e/volume/server </dev/null >"$T/refused.out" 2>"$T/refused.err" || status=$?
    { ((status == 120 || status == 125)) && [[ ! -s $T/refused.out ]]; } || fail "expected a refusal ($*), found status $status: $(cat "$T/refused.out" "$T/refused.err")"
    for word in "$@"; do grep -qF -- "$word" "$T/refused.err" || fail "the error does not say $word: $(<"$T/refused.err")"; done
}

up
for i in {1..50}; do echo "SET key:$i $NAME-$i"; done | cli >"$T/set.out"
[[ $(grep -c OK "$T/set.out") == 50 ]] || fail "SET: $(sort "$T/set.out" | uniq -c)"
[[ $(cli BGREWRITEAOF) == *started* ]] || fail "BGREWRITEAOF"
wait_until 20 "the rewritten file" eval "timeout 20 redis-cli -p $PORT INFO persistence | grep -q aof_rewrite_in_progress:0"
[[ $(cli BGSAVE) == *started* ]] || fail "BGSAVE"
wait_until 20 "the snapshot" eval "timeout 20 redis-cli -p $PORT INFO persistence | grep -q rdb_bgsave_in_progress:0"
[[ $(cli INFO persistence) == *rdb_last_bgsave_status:ok* ]] || fail "the snapshot failed: $(tail -n 5 "$T/attested.out")"
not_started volume
[[ $(cli SET last "$NAME-last") == OK ]] || fail "redis does not write after a second run was refused: $(tail -n 3 "$T/attested.err")"
echo "ok append-only file, rewrite and snapshot; a second run at the same time is refused"

kill -KILL "$SERVER_PID"
wait_for_exit "$SERVER_PID"
grep -rqaF -- "$NAME" "$DATA" && fail "a host file holds the canary"
find "$DATA" | grep -qF -- "$NAME" && fail "a host file is called by a name of the volume"
up
[[ $(cli GET last) == "$NAME-last" && $(cli DBSIZE) == 51 ]] || fail "after kill -9: last is $(cli GET last), $(cli DBSIZE) keys"
echo "ok kill -9 lost nothing, and the host's files hold nothing"

down
cp -a "$DATA" "$T/older"
up
[[ $(cli SET later "$NAME-later") == OK ]] || fail "SET"
down
mv "$DATA" "$T/newest"

cp -a "$T/older" "$DATA"
not_started rollback
echo "ok an older copy of the whole directory: $(head -n 1 "$T/refused.err")"
rm -rf "$DATA"
mkdir "$DATA"
not_started volume
echo "ok an empty directory: $(head -n 1 "$T/refused.err")"
for file in superblock.a log.a data.0; do
    rm -rf "$DATA"
    cp -a "$T/newest" "$DATA"
    rm "$DATA/$file"
    not_started "$file"
    echo "ok $file missing: $(head -n 1 "$T/refused.err")"
done

rm -rf "$DATA"
cp -a "$T/newest" "$DATA"
up
[[ $(cli GET later) == "$NAME-later" && $(cli DBSIZE) == 52 ]] || fail "with the newest files back: $(cli GET later), $(cli DBSIZE) keys"
down
echo "ok with the newest files back, all is there"
