#!/usr/bin/env bash
# Proves: redis-server takes its password from a configuration file that exists only in the shim's memory, and root finds that file
# in no descriptor of the process: what /proc/PID/fd/N leads to is empty, also while the program holds the file open.
# shellcheck source=namespace_lib.sh disable=SC1091
source "$(dirname "$0")/namespace_lib.sh"
need redis-server redis-cli bash cat

mkdir "$T/data"
CANARY=canary-$RANDOM$RANDOM$RANDOM
manifest --file "$(type -P redis-server)" --file "$(type -P bash)" --file "$(type -P cat)" --host "$T/data"
inject /etc/redis/redis.conf "port 0
unixsocket $T/data/socket
dir $T/data
save ''
requirepass $CANARY
"

under "$(type -P redis-server)" /etc/redis/redis.conf >"$T/redis.log" 2>&1 &
E2E_PIDS+=($!)
client() { timeout 10 redis-cli --no-auth-warning -s "$T/data/socket" "$@"; }
for _ in $(seq 200); do
    [[ $(client ping 2>/dev/null) != *NOAUTH* ]] || break
    sleep 0.05
done
[[ $(client ping) == *NOAUTH* ]] || fail "redis asks for no password"
[[ $(client -a "$CANARY" set key value) == OK ]] || fail "redis does not take the password of the injected file"
[[ $(client -a "$CANARY" get key) == value ]] || fail "redis lost a value"
echo "ok password from the injected file"

# seen_by_root PID: fails if any descriptor of the process shows the canary.
seen_by_root() {
    local fd looked=0
    for fd in /proc/"$1"/fd/*; do
        case $(readlink "$fd") in socket:* | pipe:* | anon_inode:*) continue ;; esac
        looked=$((looked + 1))
        if timeout 2 head -c 1000000 "$fd" 2>/dev/null </dev/null | grep -aqF "$CANARY"; then
            fail "$fd ($(readlink "$fd")) shows the injected file to root"
        fi
    done
    ((looked > 0)) || fail "no descriptor of process $1 could be looked at"
}
SERVER=$(client -a "$CANARY" info server | tr -d '\r' | sed -n 's/^process_id://p')
seen_by_root "$SERVER"
client -a "$CANARY" shutdown nosave 2>/dev/null || true

# A process that holds the file open, after exec too.
mkfifo "$T/data/ready" "$T/data/end"
under "$(type -P bash)" -c "exec 5</etc/redis/redis.conf 6<>/etc/redis/redis.conf; exec $(type -P bash) -c 'echo \$\$ >$T/data/ready; read -r _ <$T/data/end; $(type -P cat) <&5'" >"$T/holder.out" 2>/dev/null &
E2E_PIDS+=($!)
read -r HOLDER <"$T/data/ready"
[[ $(readlink "/proc/$HOLDER/fd/5") == *redis.conf* ]] || fail "the holder has not got the file open"
seen_by_root "$HOLDER"
echo "ok nothing in the descriptors"
echo >"$T/data/end"
wait "${E2E_PIDS[1]}" || fail "the holder failed"
grep -qF "requirepass $CANARY" "$T/holder.out" || fail "the holder could not read the file after exec"
echo "ok still readable after exec"
