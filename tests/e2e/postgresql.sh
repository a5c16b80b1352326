#!/usr/bin/env bash
# Proves: PostgreSQL (initdb, a process a connection, System V and POSIX shared memory, semaphores, signals between processes, parallel
# queries, 20 clients of pgbench) answers the same under the shim as another user than root, recovers from an immediate
# shutdown, and reads natively what it wrote protected and vice versa.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need setpriv psql
BIN=$(find /usr/lib/postgresql/*/bin -maxdepth 0 2>/dev/null | sort -V | tail -n 1)
[[ -x $BIN/postgres ]] || skip "postgresql is not installed"

# It refuses to run as root. Who is root gives it to another user, who has to get at everything.
AS=()
OWNER=$(id -un)
if ((EUID == 0)); then
    OWNER=postgres
    id "$OWNER" >/dev/null 2>&1 || OWNER=nobody
    AS=(setpriv "--reuid=$OWNER" "--regid=$(id -g "$OWNER")" --clear-groups --)
    chmod 755 "$T"
    chmod 666 "$STATS"
fi
populate() { [[ $EUID != 0 ]] || chown "$OWNER" "$WORK"; }

# pg MODE PROGRAM ARGUMENTS...
pg() {
    launcher "$1"
    (cd "$WORK" && "${AS[@]}" "${LAUNCH[@]}" "$BIN/$2" "${@:3}") >>"$T/tools.$1.err" 2>&1
    echo "$2 $3: $?"
}
sql() { psql -h "$WORK" -p 5432 -U tester -X -q -A -t -v ON_ERROR_STOP=0 "$@" 2>&1; }

start_postgres() {
    pg "$1" pg_ctl start -D "$WORK/data" -l "$WORK/log" -w -t 60 -o "-c listen_addresses='' -c unix_socket_directories='$WORK'"
    SERVER_PID=$(head -n 1 "$WORK/data/postmaster.pid")
    E2E_PIDS+=("$SERVER_PID")
}
stop_postgres() {
    pg "$1" pg_ctl stop -D "$WORK/data" -w -t 60 -m "$2"
    wait_until 20 "postgres to end" process_is_gone "$SERVER_PID"
}

queries() {
    pg "$1" initdb -D "$WORK/data" -U tester -A trust -E UTF8 --locale=C.UTF-8 --no-sync
    cat >>"$WORK/data/postgresql.conf" <<'END'
fsync = off  # the journal alone has to survive the immediate shutdown; after it, a thousand files would be synchronised
shared_buffers = 32MB
max_parallel_workers_per_gather = 2
min_parallel_table_scan_size = 0
parallel_setup_cost = 0
parallel_tuple_cost = 0
END
    start_postgres "$1"
    sql -d postgres <<'END'
create database d;
\c d
create table t (id serial primary key, name text, body text);
insert into t (name, body) select 'name ' || i, repeat(chr(97 + i % 26), 500) from generate_series(1, 20000) i;
create index on t (name);
vacuum analyze t;
select count(*), sum(length(body)), min(name), max(name) from t;
explain (costs off) select count(*) from t where body like '%zz%';
select count(*) from t where body like '%zz%';
begin; delete from t where id < 100; rollback;
select count(*) from t;
begin; insert into t (name) values ('kept'); savepoint s; insert into missing values (1); rollback to s; commit;
select name from t where body is null;
create function f(n int) returns int language plpgsql as $$ begin if n < 2 then return n; end if; return f(n - 1) + f(n - 2); end $$;
select f(15);
set statement_timeout = 50; select pg_sleep(20); reset statement_timeout;
select md5(string_agg(name, ',' order by md5(name))) from t;
copy (select id from t where id < 4) to program 'cat > copied';
copy t (id) from program 'seq 100001 100003';
select count(*) from t where id > 100000;
select pg_advisory_lock(1), pg_advisory_unlock(1);
select pg_size_pretty(sum(size)) is not null from pg_ls_waldir();
END
    # A sleeping backend is ended by another one.
    sql -d d -c 'select pg_sleep(60)' >"$WORK/ended" &
    local client=$!
    wait_until 20 "a sleeping backend" backend_sleeps
    sql -d d -c "select pg_terminate_backend(pid) from pg_stat_activity where query like 'select pg_sleep%'"
    wait "$client" || true
    head -n 1 "$WORK/ended"

    "$BIN/pgbench" -h "$WORK" -p 5432 -U tester -i -s 1 -q d >/dev/null 2>>"$T/tools.$1.err"
    "$BIN/pgbench" -h "$WORK" -p 5432 -U tester -c 20 -j 2 -t 50 -n d 2>>"$T/tools.$1.err" | grep -E 'actually|failed'
    sql -d d -c 'select count(*) from pgbench_history; select sum(abalance) = (select sum(bbalance) from pgbench_branches) from pgbench_accounts'
    "$BIN/pg_dump" -h "$WORK" -p 5432 -U tester -t t d | grep -vE '^\\(un)?restrict' | cksum

    sql -d d -c 'create table k (id int); insert into k values (1), (2), (3)'
    stop_postgres "$1" immediate
    start_postgres "$1"
    sql -d d -c 'select count(*), sum(id) from k'
    stop_postgres "$1" fast

    local other=native
    [[ $1 == native ]] && other=protected
    start_postgres "$other"
    sql -d d -c 'select count(*) from t; update k set id = id + 10'
    stop_postgres "$other" fast
    start_postgres "$1"
    sql -d d -c 'select sum(id) from k'
    stop_postgres "$1" smart
    grep -cE 'PANIC|terminated by signal' "$WORK/log" || true
}
backend_sleeps() { [[ $(sql -d d -c "select count(*) from pg_stat_activity where query like 'select pg_sleep(60)%' and wait_event = 'PgSleep'") == 1 ]]; }
both_workloads queries queries

expect_calls "$BIN/postgres" 30
expect_calls "$BIN/initdb"
expect_calls "$BIN/pg_ctl" 4
