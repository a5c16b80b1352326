#!/usr/bin/env bash
# Proves: redis-server, started by root and running as nobody, keeps its append-only file and its snapshot (BGSAVE, in a forked
# child) on a protected volume. It is killed with -9 and finds everything again; nothing of it is on the host in the clear, and a
# second start beside the first is refused.
# shellcheck source=namespace_lib.sh disable=SC1091
source "$(dirname "$0")/namespace_lib.sh"
need redis-server redis-cli setpriv
V=$T/data
mkdir "$T/socket"
AS=()
if [[ $(id -u) == 0 ]]; then
    AS=("$(type -P setpriv)" --reuid=65534 --regid=65534 --clear-groups --)
    chmod 777 "$T/socket"
    chmod 755 "$T"
else
    echo "note: not root, so redis runs as the caller"
fi
REDIS=$(type -P redis-server)
CANARY=canary-$RANDOM$RANDOM$RANDOM
manifest --file "$REDIS" --file "$(type -P setpriv)" --file "$(type -P chmod)" --host "$T/socket"
volume "$V"
run "$(type -P chmod)" 777 "$V"
expect root_of_the_volume_for_all 0 '^$'

client() { timeout 10 redis-cli -s "$T/socket/s" "$@"; }
start() {
    under "${AS[@]}" "$REDIS" --port 0 --unixsocket "$T/socket/s" --unixsocketperm 777 --dir "$V" \
        --appendonly yes --appendfsync everysec --save '' >"$T/redis.log" 2>&1 &
    E2E_PIDS+=($!)
    for _ in $(seq 400); do
        [[ $(client ping 2>/dev/null) != PONG ]] || return 0
        sleep 0.05
    done
    cat "$T/redis.log"
    fail "redis does not answer"
}
is() {
    if [[ $2 == "$3" ]]; then echo "ok $1"; else echo "WRONG $1: $2, expected $3"; WRONG=$((WRONG + 1)); fi
}

start
SERVER=$(client info server | tr -d '\r' | sed -n 's/^process_id://p')
[[ ${#AS[@]} == 0 ]] || is runs_as_nobody "$(stat -c %u "/proc/$SERVER")" 65534
for i in $(seq 50); do echo "set key$i $CANARY-$i"; done | client >/dev/null
client set last "$CANARY" >/dev/null
client bgsave >/dev/null
for _ in $(seq 200); do
    [[ $(client info persistence | tr -d '\r' | sed -n 's/^rdb_bgsave_in_progress://p') != 0 ]] || break
    sleep 0.05
done
is bgsave "$(client info persistence | tr -d '\r' | sed -n 's/^rdb_last_bgsave_status://p')" ok
client set after-the-snapshot "$CANARY" >/dev/null

run "$(type -P chmod)" 777 "$V"
expect second_start 125 'in use|another process has it open'

kill -9 "$SERVER"
wait "${E2E_PIDS[-1]}" 2>/dev/null || true
rm -f "$T/socket/s"
start
is after_kill_last "$(client get last)" "$CANARY"
is after_kill_first "$(client get key1)" "$CANARY-1"
is after_kill_what_came_last "$(client get after-the-snapshot)" "$CANARY"
is after_kill_size "$(client dbsize)" 52
client bgrewriteaof >/dev/null
for _ in $(seq 200); do
    [[ $(client info persistence | tr -d '\r' | sed -n 's/^aof_rewrite_in_progress://p') != 0 ]] || break
    sleep 0.05
done
is rewrite "$(client info persistence | tr -d '\r' | sed -n 's/^aof_last_bgrewrite_status://p')" ok
client shutdown >/dev/null 2>&1 || true
wait "${E2E_PIDS[-1]}" 2>/dev/null || true
rm -f "$T/socket/s"
start
is after_shutdown_size "$(client dbsize)" 52
client shutdown >/dev/null 2>&1 || true
wait "${E2E_PIDS[-1]}" 2>/dev/null || true
grep -raqF "$CANARY" "$V" && fail "the canary is on the host in the clear"
echo "ok nothing in the clear"
finish
