#!/usr/bin/env bash
# Proves: redis-server with its append-only file on, BGSAVE and AOF rewriting in forked children, Lua and 50 parallel
# clients of redis-benchmark answers the same under the shim, and what it wrote protected it reads natively and vice versa.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need redis-server redis-cli redis-benchmark

SERVER=/usr/bin/redis-server
[[ -x $SERVER ]] || SERVER=$(command -v redis-server)

cli() { redis-cli -p "$PORT" "$@"; }

start_redis() {
    free_port
    start_server "$1" "$SERVER" --port "$PORT" --bind 127.0.0.1 --dir "$WORK" --daemonize no --save '' \
        --appendonly yes --appendfsync everysec "${@:2}"
    wait_for_port "$PORT" "$SERVER_PID"
    wait_until 20 "redis to load" answers_ping
}
answers_ping() { [[ $(cli ping 2>/dev/null) == PONG ]]; }

stop_redis() {
    cli shutdown || true
    wait_for_exit "$SERVER_PID"
    echo "stopped with $SERVER_STATUS"
}

info() { cli info persistence | tr -d '\r' | sed -n "s/^$1://p"; }
background_work_is_done() { [[ $(info rdb_bgsave_in_progress)$(info aof_rewrite_in_progress)$(info aof_rewrite_scheduled) == 000 ]]; }

commands() {
    start_redis "$1" --io-threads 2
    cli set greeting 'hello world'
    cli get greeting
    cli incrby counter 42
    cli rpush list a b c d
    cli lrange list 0 -1
    cli hset hash field value other 'second value'
    cli hgetall hash
    cli zadd scores 3 c 1 a 2 b
    cli zrange scores 0 -1 withscores
    cli setbit bits 1000000 1
    cli strlen bits
    head -c 200000 /dev/zero | tr '\0' v | cli -x set large
    cli strlen large
    cli set brief soon px 30
    wait_until 10 "a key to expire" key_is_gone brief
    cli eval 'local s = 0; for i = 1, 10000 do s = s + i end; return redis.call("incrby", KEYS[1], s)' 1 counter
    printf 'MULTI\nINCR counter\nINCR counter\nEXEC\n' | cli
    cli get nothing
    cli incr greeting 2>&1 || true
    for i in {1..2000}; do echo "SET key:$i value:$i"; done | cli --pipe | grep -E 'errors|replies'
    cli xadd stream 1-1 a b
    cli xrange stream - +
    # A blocked client is woken by another one.
    cli blpop waiting 20 >"$WORK/popped" &
    local popper=$!
    wait_until 10 "a blocked client" client_is_blocked
    cli rpush waiting element
    wait "$popper"
    cat "$WORK/popped"
    cli bgsave
    wait_until 20 "BGSAVE" background_work_is_done
    echo "saved: $(info rdb_last_bgsave_status)"
    cli bgrewriteaof
    wait_until 20 "BGREWRITEAOF" background_work_is_done
    echo "rewritten: $(info aof_last_bgrewrite_status)"
    cli dbsize
    stop_redis
    start_redis "$1"
    echo 'after a restart'
    cli dbsize
    cli get counter
    cli get key:1999
    # A signal stops it as politely as the command.
    stop_server TERM "$SERVER_PID"
    echo "ended by SIGTERM with $SERVER_STATUS"
}
key_is_gone() { [[ $(cli exists "$1") == 0 ]]; }
client_is_blocked() { cli info clients | grep -q '^blocked_clients:1'; }

# Only the names of the tests: the figures are tests/bench's business.
benchmark() {
    start_redis "$1"
    redis-benchmark -p "$PORT" -n 20000 -c 50 -q -t set,get,incr,lpush,lpop,mset --csv | cut -d, -f1
    redis-benchmark -p "$PORT" -n 20000 -c 50 -P 16 -q -t set,get --csv | cut -d, -f1
    cli dbsize
    cli get counter:__rand_int__
    stop_redis
}

# Written in this mode, read in the other.
across() {
    local other=native
    [[ $1 == native ]] && other=protected
    start_redis "$1"
    for i in {1..500}; do echo "SET key:$i value:$i"; done | cli --pipe | grep -E 'errors|replies'
    cli save
    for i in {400..700}; do echo "SET key:$i later:$i"; done | cli --pipe | grep -E 'errors|replies'
    stop_redis
    start_redis "$other"
    cli dbsize
    cli mget key:1 key:399 key:400 key:700
    cli set added 'by the other'
    stop_redis
    start_redis "$1"
    cli get added
    stop_redis
    find "$WORK" -name '*.aof' -o -name '*.rdb' | sed "s|$WORK/||" | sort
}

both_workloads commands commands
both_workloads benchmark benchmark
both_workloads across across

expect_calls "$SERVER" 6
