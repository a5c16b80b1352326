#!/usr/bin/env bash
# Proves: nginx with a master, four workers that drop to another user, sendfile, a proxy and gzip answers the same under the shim;
# its signals work: HUP gives new workers and a new configuration, USR1 reopens logs, QUIT lets requests in flight finish, USR2,
# WINCH and QUIT replace the running binary through exec with the listening socket handed over.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need nginx curl

SERVER=$(command -v nginx)
chmod 755 "$T"  # the workers' user has to get at $WORK

# configure WORD: what /word answers
configure() {
    cat >"$WORK/nginx.conf" <<END
worker_processes 4;
pid $WORK/nginx.pid;
error_log $WORK/error.log info;
events { worker_connections 300; }
http {
    types { text/plain txt; }
    default_type application/octet-stream;
    access_log $WORK/access.log;
    client_body_temp_path $WORK/body;
    proxy_temp_path $WORK/proxy;
    fastcgi_temp_path $WORK/fastcgi;
    uwsgi_temp_path $WORK/uwsgi;
    scgi_temp_path $WORK/scgi;
    sendfile on;
    tcp_nopush on;
    gzip on;
    gzip_min_length 1000;
    client_max_body_size 10m;
    server {
        listen 127.0.0.1:$PORT;
        root $WORK/www;
        location /word { return 200 "$1\\n"; }
        location /proxy/ { proxy_pass http://127.0.0.1:$PORT/; }
        location /slow/ { alias $WORK/www/; limit_rate 200k; }
        location /threads/ { alias $WORK/www/; aio threads; directio 64k; }
    }
}
END
}

populate() {
    mkdir "$WORK/www"
    echo 'a small page' >"$WORK/www/index.html"
    seq 1 60000 >"$WORK/www/large.txt"
    head -c 10240 /dev/zero | tr '\0' k >"$WORK/www/10k"
    chmod -R a+rX "$WORK"
}

ask() { curl -sS --max-time 30 "http://127.0.0.1:$PORT$1" "${@:2}"; }
workers() { children_of "$MASTER"; }
all_workers() { [[ $(workers | wc -l) == 4 ]]; }
other_workers() { all_workers && [[ -z $(comm -12 <(workers) <(echo "$1")) ]]; }
word_is() { [[ $(ask /word) == "$1" ]]; }

start_nginx() {
    free_port
    configure before
    start_server "$1" "$SERVER" -c "$WORK/nginx.conf" -e "$WORK/error.log" -g 'daemon off;'
    MASTER=$SERVER_PID
    wait_for_port "$PORT" "$MASTER"
    wait_until 10 "four workers" all_workers
}

requests() {
    start_nginx "$1"
    ask /
    ask /missing -o /dev/null -w '%{http_code}\n'
    ask /large.txt | cksum
    ask /large.txt -r 1000-1999 | cksum
    ask /large.txt --compressed -w '%{http_code} %{content_type}\n' -o "$WORK/unzipped"
    cksum <"$WORK/unzipped"
    ask /threads/large.txt | cksum
    ask /large.txt -I | grep -E '^(HTTP|Content-Length)'
    ask /proxy/large.txt | cksum
    ask / -X POST -d data -o /dev/null -w '%{http_code}\n'
    ask /proxy/word -T "$WORK/www/large.txt" -w '%{http_code}\n'
    ask '/10k?[1-200]' --parallel --parallel-max 20 -o /dev/null -w '%{http_code} %{size_download}\n' 2>/dev/null | sort | uniq -c
    if command -v wrk >/dev/null; then
        wrk -t2 -c50 -d1s "http://127.0.0.1:$PORT/10k" >"$WORK/wrk"
        grep -cE 'Non-2xx|Socket errors' "$WORK/wrk" || true
        awk '/requests in/ { print ($1 > 100 ? "many requests" : "few requests") }' "$WORK/wrk"
    fi
    stop_server TERM "$MASTER"
    echo "ended by TERM with $SERVER_STATUS"
    grep -cE '\[(crit|alert|emerg)\]' "$WORK/error.log" || true
}

logged_here() {
    ask /word >/dev/null
    [[ -s $WORK/access.log ]]
}

# started FILE: the client has received something
started() { [[ -s $1 ]]; }

signals() {
    start_nginx "$1"
    local old
    ask /word
    old=$(workers)
    configure after
    kill -HUP "$MASTER"
    wait_until 20 "new workers" other_workers "$old"
    wait_until 20 "the new configuration" word_is after
    ask /word

    # A worker that dies is replaced.
    old=$(workers)
    kill -KILL "$(head -n 1 <<<"$old")"
    wait_until 20 "a replacement" one_replaced "$old"
    ask /word

    mv "$WORK/access.log" "$WORK/access.log.1"
    kill -USR1 "$MASTER"
    wait_until 20 "the reopened log" logged_here
    echo 'log reopened'

    ask /slow/large.txt >"$WORK/slow" &
    local client=$!
    wait_until 20 "the slow answer to begin" started "$WORK/slow"
    kill -QUIT "$MASTER"
    wait_until 20 "the port to close" port_is_closed
    process_is_gone "$client" || echo 'still in flight'
    wait "$client"
    cksum <"$WORK/slow"
    wait_for_exit "$MASTER"
    echo "ended by QUIT with $SERVER_STATUS"
}
children_of() { tr ' ' '\n' <"/proc/$1/task/$1/children" | grep . | sort; }
only_child() { [[ $(children_of "$1") == "$2" ]]; }
has_workers() { [[ $(children_of "$1" | wc -l) == "$2" ]]; }
one_replaced() { all_workers && [[ $(comm -12 <(workers) <(echo "$1") | wc -l) == 3 ]]; }
port_is_closed() { ! port_answers "$PORT"; }

# As a daemon, since nginx replaces its binary only then.
replaced_binary() {
    free_port
    configure old
    launcher "$1"
    (cd "$WORK" && exec "${LAUNCH[@]}" "$SERVER" -c "$WORK/nginx.conf" -e "$WORK/error.log") 2>>"$T/daemon.$1.err"
    echo "daemon started with $?"
    wait_until 20 "the pid file" started "$WORK/nginx.pid"
    local old new
    old=$(<"$WORK/nginx.pid")
    E2E_PIDS+=("$old")
    wait_until 20 "the daemon to answer" word_is old
    kill -USR2 "$old"
    wait_until 20 "the old pid file" started "$WORK/nginx.pid.oldbin"
    wait_until 20 "the new pid file" started "$WORK/nginx.pid"
    new=$(<"$WORK/nginx.pid")
    E2E_PIDS+=("$new")
    [[ $new != "$old" ]] && echo 'another master'
    # WINCH sends the old workers away, HUP has them back, as one does when the new binary disappoints; then for good.
    kill -WINCH "$old"
    wait_until 20 "the old workers to leave" only_child "$old" "$new"
    ask /word
    kill -HUP "$old"
    wait_until 20 "old workers again" has_workers "$old" 5
    kill -WINCH "$old"
    wait_until 20 "the old workers to leave again" only_child "$old" "$new"
    kill -QUIT "$old"
    wait_until 20 "the old master to end" process_is_gone "$old"
    ask /word
    kill -QUIT "$new"
    wait_until 20 "the new master to end" process_is_gone "$new"
    port_is_closed && echo 'all ended'
}

bad_configuration() {
    free_port
    configure word
    echo 'nonsense;' >>"$WORK/nginx.conf"
    launcher "$1"
    local status=0
    "${LAUNCH[@]}" "$SERVER" -t -c "$WORK/nginx.conf" -e "$WORK/error.log" 2>&1 || status=$?
    echo "status $status"
}

both_workloads requests requests
both_workloads signals signals
both_workloads replaced_binary replaced_binary
both_workloads bad_configuration bad_configuration

expect_calls "$SERVER" 5
