#!/usr/bin/env bash
# Proves: Apache with the event MPM (two processes of 25 threads that drop to another user), sendfile, deflate, CGI scripts, a proxy
# and rewriting answers the same under the shim; its signals work: USR1 and HUP give new children and a new configuration,
# WINCH lets a request in flight finish, TERM ends it.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need apache2 curl ab

SERVER=$(command -v apache2)
MODULES=/usr/lib/apache2/modules
[[ -e $MODULES/mod_mpm_event.so ]] || skip "mod_mpm_event is not installed"
chmod 755 "$T"  # the children's user has to get at $WORK

# configure WORD: what /word.txt contains
configure() {
    {
        for module in mpm_event authn_core authz_core mime dir alias deflate filter rewrite proxy proxy_http cgid env headers \
            reqtimeout ratelimit; do
            echo "LoadModule ${module}_module $MODULES/mod_$module.so"
        done
        cat <<END
ServerRoot $WORK
ServerName localhost
PidFile $WORK/apache.pid
DefaultRuntimeDir $WORK
ScriptSock $WORK/cgisock
Mutex fcntl:$WORK
ErrorLog $WORK/error.log
LogLevel info
Listen 127.0.0.1:$PORT
User nobody
Group nogroup
StartServers 2
ServerLimit 2
ThreadsPerChild 25
MinSpareThreads 25
MaxSpareThreads 75
MaxRequestWorkers 50
EnableSendfile On
EnableMMAP On
DocumentRoot $WORK/www
TypesConfig /dev/null
AddType text/plain .txt
AddOutputFilterByType DEFLATE text/plain
<Directory $WORK>
    Require all granted
</Directory>
DirectoryIndex index.html
ScriptAlias /cgi/ $WORK/cgi/
Alias /slow/ $WORK/www/
<Location /slow/>
    SetOutputFilter RATE_LIMIT
    SetEnv rate-limit 200
</Location>
Header always set X-Word $1
RewriteEngine On
RewriteRule ^/old/(.*)$ /\$1 [PT]
ProxyPass /proxy/ http://127.0.0.1:$PORT/
END
    } >"$WORK/apache.conf"
}

populate() {
    mkdir "$WORK/www" "$WORK/cgi"
    echo 'a small page' >"$WORK/www/index.html"
    seq 1 60000 >"$WORK/www/large.txt"
    head -c 10240 /dev/zero | tr '\0' k >"$WORK/www/10k"
    cat >"$WORK/cgi/script" <<'END'
#!/bin/sh
echo 'Content-Type: text/x-cgi'
echo
echo "$REQUEST_METHOD $QUERY_STRING"
cat | wc -c
END
    chmod 755 "$WORK/cgi/script"
    chmod -R a+rX "$WORK"
}

ask() { curl -sS --max-time 30 "http://127.0.0.1:$PORT$1" "${@:2}"; }
children() { tr ' ' '\n' <"/proc/$MASTER/task/$MASTER/children" | grep . | sort; }
other_children() { ! children | grep -qxFf <(echo "$1"); }
word_is() { [[ $(ask / -o /dev/null -D - | tr -d '\r' | sed -n 's/^X-Word: //p') == "$1" ]]; }
started() { [[ -s $1 ]]; }
port_is_closed() { ! port_answers "$PORT"; }

start_apache() {
    free_port
    configure before
    start_server "$1" "$SERVER" -f "$WORK/apache.conf" -DFOREGROUND
    MASTER=$SERVER_PID
    wait_for_port "$PORT" "$MASTER"
    wait_until 20 "the first answer" word_is before
}

requests() {
    start_apache "$1"
    ask /
    ask /missing -o /dev/null -w '%{http_code}\n'
    ask /large.txt | cksum
    ask /large.txt -r 1000-1999 | cksum
    ask /large.txt --compressed -w '%{http_code} %{content_type}\n' -o "$WORK/unzipped"
    cksum <"$WORK/unzipped"
    ask /large.txt -I | grep -E '^(HTTP|Content-Length)'
    ask /old/large.txt | cksum
    ask /proxy/large.txt | cksum
    ask '/cgi/script?question'
    ask /cgi/script -T "$WORK/www/large.txt"
    ask '/10k?[1-200]' --parallel --parallel-max 20 -o /dev/null -w '%{http_code} %{size_download}\n' 2>/dev/null | sort | uniq -c
    ab -q -n 2000 -c 40 "http://127.0.0.1:$PORT/10k" | grep -E "^(Complete|Failed) requests|^HTML transferred"
    stop_server TERM "$MASTER"
    echo "ended by TERM with $SERVER_STATUS"
    grep -cE ':(crit|alert|emerg)\]' "$WORK/error.log" || true
}

signals() {
    start_apache "$1"
    local old
    old=$(children)
    configure graceful
    kill -USR1 "$MASTER"
    wait_until 20 "the new configuration" word_is graceful
    wait_until 20 "new children" other_children "$old"
    old=$(children)
    configure hard
    kill -HUP "$MASTER"
    wait_until 20 "the next configuration" word_is hard
    wait_until 20 "newer children" other_children "$old"
    echo 'reloaded twice'

    ask /slow/large.txt >"$WORK/slow" &
    local client=$!
    wait_until 20 "the slow answer to begin" started "$WORK/slow"
    kill -WINCH "$MASTER"
    wait_until 20 "the port to close" port_is_closed
    process_is_gone "$client" || echo 'still in flight'
    wait "$client"
    cksum <"$WORK/slow"
    wait_for_exit "$MASTER"
    echo "ended by WINCH with $SERVER_STATUS"
}

both_workloads requests requests
both_workloads signals signals

expect_calls "$SERVER" 5
expect_calls sh 2
