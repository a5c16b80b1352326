#!/usr/bin/env bash
# nginx with two workers, sendfile and a reload, and memcached with four threads, both configured without TLS. See network_lib.sh.
# shellcheck source=network_lib.sh disable=SC1091
source "$(dirname "$0")/network_lib.sh"
need nginx memcached curl
free_port
rules "default refuse" "listen 127.0.0.1:$PORT tls {server}"
mkdir -p "$T/web/html"
head -c 5000000 /dev/urandom >"$T/web/html/large"
cat >"$T/web/nginx.conf" <<CONF
worker_processes 2; daemon off; pid $T/web/pid; error_log $T/web/error.log;
$([[ $(id -u) != 0 ]] || echo "user root;")
events { worker_connections 512; }
http {
  access_log off; sendfile on;
  client_body_temp_path $T/web/b; proxy_temp_path $T/web/p; fastcgi_temp_path $T/web/f; uwsgi_temp_path $T/web/u;
  scgi_temp_path $T/web/s;
  server { listen 127.0.0.1:$PORT; root $T/web/html; }
}
CONF
fetch() { curl -sS --max-time 30 --cacert "$CERTIFICATES/ca.pem" "https://localhost:$PORT/$1"; }
serve "$PORT" "$(command -v nginx)" -p "$T/web" -c "$T/web/nginx.conf"
fetch large | cmp - "$T/web/html/large" || fail "nginx: a large file"
pids=()
for _ in 1 2 3 4 5 6; do fetch large | cmp - "$T/web/html/large" & pids+=($!); done
for pid in "${pids[@]}"; do wait "$pid" || fail "nginx: six at once"; done
workers() { ps -o pid= --ppid "$(cat "$T/web/pid")" | sort; }
before=$(workers)
kill -HUP "$(cat "$T/web/pid")"
for ((tries = 0; ; ++tries)); do
    ((tries < 200)) || fail "nginx: the workers from before the reload are still there: $before"
    now=$(workers)
    [[ -z $now || -n $(comm -12 <(echo "$before") <(echo "$now")) ]] || break
    read -rt 0.1 <> <(:) || true
done
fetch large | cmp - "$T/web/html/large" || fail "nginx: after a reload"
! curl -s --max-time 5 "http://localhost:$PORT/" >/dev/null || fail "nginx: answered in the clear"
kill -QUIT "$(cat "$T/web/pid")"
wait "$SERVER" || fail "nginx: exit status $?"
SERVER=
# It gives its workers the error log as standard error when it reloads.
cat "$T/server.err" "$T/web/error.log" >"$T/lines"
expect "nginx: plain text" 'plain-text: expected TLS, found an HTTP request' "$T/lines"

rules "default refuse" "listen 127.0.0.1:$PORT tls {server} clients {ca}"
user=()
[[ $(id -u) != 0 ]] || user=(-u root)
serve "$PORT" "$(command -v memcached)" "${user[@]}" -l 127.0.0.1 -p "$PORT" -U 0 -t 4
timeout "$E2E_LIMIT" python3 "$PROGRAMS/memcached_tls_client.py" "$PORT" >"$T/answer" || cat "$T/server.err"
expect "memcached: 30 clients" 'memcached ok' "$T/answer"
exit $WRONG
