#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Proves: nginx with two workers as another user runs attested: its configuration, with a secret in it, exists in memory only, its
# code is what `redoubt measure --observe` saw, its pages and temporary files lie below a host directory. curl gets a page, the
# secret header, and after a reload by signal still both; a page outside of what the session names does not exist.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
# shellcheck source=attested_lib.sh disable=SC1091
source "$(dirname "$0")/attested_lib.sh"
need nginx curl
services_up
fresh_work
free_port
chmod 755 "$T"

SITE=$T/site
mkdir -p "$SITE/pages" "$SITE/temporary"
echo "a page of the host" >"$SITE/pages/index.html"
ln -s /etc/hostname "$SITE/pages/escape.txt"
chmod -R a+rwX "$SITE"
configuration() {  # HEADER
    cat <<END
daemon off;
worker_processes 2;
user nobody nogroup;
pid $SITE/nginx.pid;
error_log $SITE/error.log;
events { worker_connections 64; }
http {
    access_log off;
    client_body_temp_path $SITE/temporary/body;
    proxy_temp_path $SITE/temporary/proxy;
    fastcgi_temp_path $SITE/temporary/fastcgi;
    uwsgi_temp_path $SITE/temporary/uwsgi;
    scgi_temp_path $SITE/temporary/scgi;
    server { listen 127.0.0.1:$PORT; root $SITE/pages; add_header X-Secret $1; }
}
END
}
((EUID == 0)) || skip "nginx changes its user, and LAS needs root"
configuration observed >"$T/observed.conf"
CODE=$(measured_code nginx --for 2 --observe -- -c "$T/observed.conf" | grep -v -e "$SITE" -e "$T/observed.conf")
# What is opened before nginx reads its configuration: the name that was compiled in.
cat >"$T/session.yml" <<END
name: e2e/nginx
version: "0.3"
services:
  - name: web
    image_name: image
    command: [nginx, -c, /etc/redoubt/nginx.conf]
    environment: { PATH: "/usr/sbin:/usr/bin" }
    attestation: [{ mrenclave: $MRENCLAVE }]
    code:
$CODE
    host: { directories: [$SITE, /var/log/nginx] }
images:
  - name: image
    injection_files:
      - path: /etc/redoubt/nginx.conf
        permission: 0444
        content: |
$(configuration "\$\$SCONE::header\$\$" | sed 's/^/          /')
secrets: [{ name: header, kind: ascii, size: 20, export_public: true }]
security: { attestation: { tolerate: [simulation] } }
END
session_up "$T/session.yml"
HEADER=$("$REDOUBT" session value e2e/nginx header)

start_attested e2e/nginx/web
wait_for_port "$PORT" "$SERVER_PID" 30
page() { curl -sS -m 10 -i "http://127.0.0.1:$PORT/$1" | tr -d '\r'; }
serves() {
    page index.html >"$T/page"
    grep -qF "X-Secret: $HEADER" "$T/page" || fail "$1: no header with the secret: $(<"$T/page")"
    grep -qF "a page of the host" "$T/page" || fail "$1: not the page: $(<"$T/page")"
    echo "ok $1"
}
serves "a page, and a header with the secret"
page escape.txt | head -n 1 | grep -q -e 403 -e 404 || fail "a link out of the host directory led somewhere: $(page escape.txt)"
echo "ok a link out of the host directory leads nowhere"

workers() { ps -o pid= --ppid "$SERVER_PID"; }
[[ $(workers | wc -l) == 2 ]] || fail "expected two workers, found $(workers | wc -l)"
for pid in "$SERVER_PID" $(workers); do
    grep -qaF -- "$HEADER" "/proc/$pid/cmdline" "/proc/$pid/environ" && fail "/proc/$pid shows the secret"
done
first=$(workers | tr -d '\n')
kill -HUP "$SERVER_PID"
changed() { [[ $(workers | tr -d '\n') != "$first" && $(workers | wc -l) == 2 ]]; }
wait_until 20 "new workers" changed
serves "the same after a reload"
stop_server QUIT "$SERVER_PID"
[[ $SERVER_STATUS == 0 ]] || fail "nginx ended with status $SERVER_STATUS: $(tail -n 3 "$T/attested.err")"
grep -rqF -- "$HEADER" "$SITE" && fail "a file of the host holds the secret"
echo "ok no file of the host holds the secret"
