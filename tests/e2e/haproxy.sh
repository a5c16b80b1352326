#!/usr/bin/env bash
# Proves: haproxy as master and worker with two threads balances HTTP and TCP over two servers, checks their health, compresses, and is
# steered through its command socket under the shim as natively; USR2 reloads it with the listening sockets handed over.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need haproxy curl /usr/bin/python3

SERVER=$(command -v haproxy)

configure() {
    cat >"$WORK/haproxy.cfg" <<END
global
    nbthread 2
    maxconn 400
    stats socket $WORK/admin level admin expose-fd listeners
    hard-stop-after 5s
defaults
    mode http
    timeout connect 5s
    timeout client 20s
    timeout server 20s
frontend web
    bind 127.0.0.1:$PORT
    http-response set-header X-Word $1
    compression algo gzip
    compression type text/plain
    http-request return status 200 content-type text/plain string "$1" if { path /word }
    http-request deny if { path_beg /secret }
    default_backend pages
backend pages
    balance roundrobin
    option httpchk GET /
    server one 127.0.0.1:$FIRST check inter 100ms fall 1 rise 1
    server two 127.0.0.1:$SECOND check inter 100ms fall 1 rise 1
listen plain
    mode tcp
    bind 127.0.0.1:$PLAIN
    server one 127.0.0.1:$FIRST
END
}

populate() {
    mkdir "$WORK/www"
    seq 1 60000 >"$WORK/www/large.txt"
    echo 'a small page' >"$WORK/www/index.html"
}

ask() { curl -sS --max-time 30 "http://127.0.0.1:$PORT$1" "${@:2}"; }
word_is() { [[ $(ask /word) == "$1" ]]; }
admin() {
    /usr/bin/python3 - "$WORK/admin" "$1" <<'END'
import socket, sys
client = socket.socket(socket.AF_UNIX)
client.connect(sys.argv[1])
client.sendall(sys.argv[2].encode() + b"\n")
print(client.makefile().read().strip())
END
}
states() { admin 'show stat' | awk -F, '$1 == "pages" && $2 != "BACKEND" { printf "%s %s\n", $2, $18 }' | tr '\n' ' '; }
states_are() { [[ $(states) == "$1" ]]; }

start_page_server() {
    free_port
    start_server native /usr/bin/python3 -m http.server --bind 127.0.0.1 --directory "$WORK/www" "$PORT"
    wait_for_port "$PORT" "$SERVER_PID"
}

balance() {
    local one two web
    start_page_server
    FIRST=$PORT one=$SERVER_PID
    start_page_server
    SECOND=$PORT two=$SERVER_PID
    free_port
    PLAIN=$PORT
    free_port
    while [[ $PORT == "$PLAIN" ]]; do free_port; done
    configure before
    start_server "$1" "$SERVER" -W -db -f "$WORK/haproxy.cfg"
    web=$SERVER_PID
    wait_for_port "$PORT" "$web"
    wait_until 20 "both servers to be up" states_are 'one UP two UP '
    ask /
    ask /word
    ask /secret -o /dev/null -w '%{http_code}\n'
    ask /large.txt --compressed | cksum
    curl -sS --max-time 30 "http://127.0.0.1:$PLAIN/large.txt" | cksum
    ask '/?[1-200]' --parallel --parallel-max 20 -o /dev/null -w '%{http_code} %{size_download}\n' 2>/dev/null | sort | uniq -c

    # A server that dies is found out, and taken out.
    stop_server TERM "$one"
    wait_until 20 "one server to be down" states_are 'one DOWN two UP '
    ask / -w '%{http_code}\n'
    admin 'set server pages/two state maint'
    ask / -o /dev/null -w '%{http_code}\n'
    admin 'set server pages/two state ready'
    wait_until 20 "the other to be up" states_are 'one DOWN two UP '

    configure after
    kill -USR2 "$web"
    wait_until 20 "the new configuration" word_is after
    ask /word
    echo
    stop_server TERM "$web"
    # With 0 or 143, natively too: as the master hears of its worker's end or of the signal first.
    [[ $SERVER_STATUS == 0 || $SERVER_STATUS == 143 ]] || fail "ended by TERM with $SERVER_STATUS"
    stop_server TERM "$two"
}
both_workloads balance balance

configure_badly() {
    FIRST=1 SECOND=2 PLAIN=3 PORT=4 configure word
    echo '    nonsense' >>"$WORK/haproxy.cfg"
    launcher "$1"
    local status=0
    "${LAUNCH[@]}" "$SERVER" -c -f "$WORK/haproxy.cfg" >"$WORK/said" 2>&1 || status=$?
    sed 's/([0-9]*)/(PID)/' "$WORK/said"
    echo "status $status"
}
both_workloads bad_configuration configure_badly

expect_calls "$SERVER" 3
