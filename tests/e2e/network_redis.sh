#!/usr/bin/env bash
# redis-server without TLS behind a rule: redis-cli --tls, BGSAVE in a forked child, large values; and the peers that must not
# reach it, one line and one count each. See network_lib.sh.
# shellcheck source=network_lib.sh disable=SC1091
source "$(dirname "$0")/network_lib.sh"
need redis-server redis-cli redis-benchmark
free_port
rules "default refuse" "listen 127.0.0.1:$PORT tls {server} clients {ca}"
serve "$PORT" "$(command -v redis-server)" --port "$PORT" --bind 127.0.0.1 --save "" --dir "$T"

client() { # CERTIFICATE ARGUMENTS
    local identity=(--cert "$CERTIFICATES/$1.pem" --key "$CERTIFICATES/$1.key")
    [[ $1 != nobody ]] || identity=()
    shift
    timeout 20 redis-cli -h 127.0.0.1 -p "$PORT" --tls --cacert "$CERTIFICATES/ca.pem" --sni localhost "${identity[@]}" "$@"
}
[[ $(client client set name value) == OK && $(client client get name) == value ]] || fail "set, get"
head -c 3000000 /dev/urandom | base64 -w0 >"$T/large"
client client -x set large <"$T/large" >/dev/null
client client get large | cmp - <(cat "$T/large" && echo) || fail "a large value"
client client bgsave >/dev/null
until [[ $(client client info persistence) == *rdb_bgsave_in_progress:0* ]]; do :; done
[[ $(client client info persistence) == *rdb_last_bgsave_status:ok* ]] || fail "BGSAVE"
timeout 60 redis-benchmark -h 127.0.0.1 -p "$PORT" --tls --cacert "$CERTIFICATES/ca.pem" --cert "$CERTIFICATES/client.pem" \
    --key "$CERTIFICATES/client.key" -q -n 3000 -c 50 -P 8 -t set,get >/dev/null || fail "50 clients"

exec 5<>"/dev/tcp/127.0.0.1/$PORT"
printf 'PING\r\n' >&5
timeout 10 cat <&5 >"$T/answer" || true
exec 5>&-
! grep -q PONG "$T/answer" || fail "a plain-text peer was answered"
for who in stranger expired nobody; do
    ! client $who ping 2>/dev/null | grep -q PONG || fail "$who was answered"
done
commands=$(client client info commandstats | grep -c cmdstat_ping || true)
[[ $commands == 0 ]] || fail "a refused peer's command reached the program"
client client shutdown nosave || true
wait "$SERVER" || true
SERVER=
expect "plain text" 'refused 127.0.0.1:[0-9]+ at listen 127.0.0.1:[0-9]+: plain-text' "$T/server.err"
expect "another authority" 'refused 127.0.0.1:.*unknown-authority' "$T/server.err"
expect "expired" 'refused 127.0.0.1:.*: expired' "$T/server.err"
expect "no certificate" 'refused 127.0.0.1:.*no-certificate' "$T/server.err"
expect "counters" '"plain-text":1,"no-certificate":1,"unknown-authority":1,"expired":1' "$STATS"
exit $WRONG
