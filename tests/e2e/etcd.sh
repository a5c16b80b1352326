#!/usr/bin/env bash
# Proves: etcd (Go, gRPC over HTTP/2, bbolt's mapped files, fsync of its log) as a cluster of three members answers its client the same
# under the shim: transactions, watches, leases, users, snapshots; it outlives the death of a member, which then catches up.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need etcd etcdctl

SERVER=$(command -v etcd)

ctl() { ETCDCTL_API=3 etcdctl --endpoints "127.0.0.1:${CLIENTS[0]}" --command-timeout=20s "$@"; }
at() { ETCDCTL_API=3 etcdctl --endpoints "127.0.0.1:${CLIENTS[$1]}" --command-timeout=20s "${@:2}"; }
healthy() { at "$1" endpoint health >/dev/null 2>&1; }
started() { [[ -s $1 ]]; }

start_member() {
    start_server "$1" "$SERVER" --name "m$2" --data-dir "$WORK/m$2" --unsafe-no-fsync \
        --listen-client-urls "http://127.0.0.1:${CLIENTS[$2]}" --advertise-client-urls "http://127.0.0.1:${CLIENTS[$2]}" \
        --listen-peer-urls "http://127.0.0.1:${PEERS[$2]}" --initial-advertise-peer-urls "http://127.0.0.1:${PEERS[$2]}" \
        --initial-cluster "$CLUSTER" --initial-cluster-state new --log-level error
    MEMBERS[$2]=$SERVER_PID
}

unused_port() {
    free_port
    while [[ $USED == *" $PORT "* ]]; do free_port; done
    USED+="$PORT "
}

cluster() {
    local member
    USED=' ' CLIENTS=() PEERS=() MEMBERS=() CLUSTER=
    for member in 0 1 2; do
        unused_port
        CLIENTS[member]=$PORT
        unused_port
        PEERS[member]=$PORT
        CLUSTER+=${CLUSTER:+,}m$member=http://127.0.0.1:${PEERS[member]}
    done
    for member in 0 1 2; do start_member "$1" "$member"; done
    for member in 0 1 2; do wait_until 40 "member $member to be healthy" healthy "$member"; done
    for member in 0 1 2; do runs_in_mode "$1" "${MEMBERS[member]}"; done

    ctl put greeting 'hello world'
    at 1 get greeting
    for i in 1 2 3 4 5; do ctl put "key$i" "value$i" >/dev/null; done
    at 2 get --prefix key --limit 3
    ctl get key2 key5 --print-value-only
    ctl del key1
    printf 'value("greeting") = "hello world"\n\nput greeting changed\nget greeting\n\nput greeting wrong\n\n' | ctl txn
    head -c 1000000 /dev/zero | tr '\0' v | ctl put large
    at 1 get large --print-value-only | cksum

    # The program itself, for kill: a function would be a shell around it.
    ETCDCTL_API=3 etcdctl --endpoints "127.0.0.1:${CLIENTS[0]}" --command-timeout=20s watch watched >"$WORK/seen" &
    local watcher=$!
    wait_until 20 "the watcher to see something" watcher_sees
    kill "$watcher"
    wait "$watcher" || true
    sort -u "$WORK/seen"

    local lease
    lease=$(ctl lease grant 1 | cut -d' ' -f2)
    ctl put brief here --lease="$lease"
    wait_until 20 "the lease to expire" key_is_gone brief

    # A member that is killed is not missed, and catches up.
    kill -KILL "${MEMBERS[2]}"
    wait_for_exit "${MEMBERS[2]}"
    wait_until 40 "the other two" put_works while 'two members'
    start_member "$1" 2
    wait_until 40 "member 2 to be healthy again" healthy 2
    at 2 get while
    ctl snapshot save "$WORK/snapshot" >/dev/null 2>&1
    ETCDCTL_API=3 etcdctl snapshot status "$WORK/snapshot" >/dev/null && echo 'a whole snapshot'

    for member in 0 1 2; do
        kill -TERM "${MEMBERS[member]}"
    done
    for member in 0 1 2; do
        wait_for_exit "${MEMBERS[member]}" 40
        echo "member $member ended by TERM with $SERVER_STATUS"
    done
}
# etcd ends by the signal that it was sent, which leaves no statistics: what the kernel executes shows how it runs.
runs_in_mode() {
    [[ $E2E_FAKE == 1 || $1 == native || $(readlink "/proc/$2/exe") == */redoubt-run ]] || fail "process $2 is not protected"
}
watcher_sees() {
    at 1 put watched again >/dev/null
    started "$WORK/seen"
}
key_is_gone() { [[ -z $(ctl get "$1") ]]; }
put_works() { ctl put "$@" >/dev/null 2>&1; }
both_workloads cluster cluster

both version "$SERVER" --version
expect_calls "$SERVER"
