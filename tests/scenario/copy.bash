# What the copy scenarios share. Sourced, never run.
#
# A scenario makes its own source and target database, loads the source, runs `whimbrel copy` and
# then looks at both sides through the databases' own clients, never through whimbrel. tests/lib.sh
# gives the servers' addresses and the counting of cases; this file gives the comparing.
#
#   pair NAME                 fresh source and target database; sets SRC, DST, MY, PG
#   load <<SQL                run SQL in the source (utf8mb4, strict unless the SQL says otherwise)
#   mq SQL / pq SQL           one query, values separated by tabs, no header
#   copy [FLAG…]              whimbrel copy "$SRC" "$DST" FLAG…; sets RC, OUT and ERR (files)
#   rc CASE WANT              the last copy's exit code (WANT: 0, or 1|2)
#   same CASE MYSQL PGSQL     both queries print the same, and the source prints something
#   is CASE PGSQL WANT        the target prints WANT
#   says CASE REGEX…          one line of the last copy's output matches every REGEX
#                             (lines as retell() makes them)
#   once CASE REGEX…          exactly one line of it matches every REGEX
#   silent CASE REGEX         no line of the last copy's output matches REGEX
#   structure CASE [FLAG…]    whimbrel verify finds schema and rows that the last copy made equal
#   refuses CASE PGSQL        the target refuses the statement
#   accepts CASE PGSQL        the target takes the statement
#   start, hold, midway, release, finish   copies beside the test: see there

SCENARIO=$(basename "$0" .sh)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=/dev/null
. "$here/../lib.sh"

DIR=$WB_TMP/$SCENARIO
rm -rf "$DIR"
mkdir -p "$DIR"
OUT=$DIR/out
ERR=$DIR/err
: >"$OUT"
: >"$ERR"
SAID=$OUT
RC=none

# --- clients -------------------------------------------------------------------------------------

pg_url() { echo "postgresql://postgres@/$1?host=$WB_PG_HOST&port=$WB_PG_PORT"; }
my_url() { echo "mysql://root@localhost/$1?socket=$WB_MY_SOCKET"; }

pair() {
    MY=wb_${SCENARIO}_$1
    PG=wb_${SCENARIO}_$1
    SRC=$(my_url "$MY")
    DST=$(pg_url "$PG")
    my -e "DROP DATABASE IF EXISTS \`$MY\`;
        CREATE DATABASE \`$MY\` CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci" || exit 99
    fresh_target
}

# Drops and creates the target of the present pair. FORCE waits for the ended sessions for some seconds only.
fresh_target() {
    wb_wait 60 drop_target 2>/dev/null || pg_drop_db "$PG" || exit 99
    pg -c "CREATE DATABASE \"$PG\"" || exit 99
}
drop_target() { pg_drop_db "$PG"; }

load() { my "$MY" >/dev/null || { case_fail "fixture of $SCENARIO loads" "see above"; exit 99; }; }
mq() { my -r "$MY" -e "$1" 2>&1; }
pq() { pg -F "$(printf '\t')" "$DST" -c "$1" 2>&1; }

# --- runs ----------------------------------------------------------------------------------------

copy() {
    RC=0
    timeout -k 5 300 "$WHIMBREL" copy "$SRC" "$DST" "$@" >"$OUT" 2>"$ERR" </dev/null || RC=$?
    retell
}

# What the last copy said, one statement a line, in SAID: an object of JSON each; or each line for
# people, with its heading before it ("Not carried" as not_carried, as in JSON).
retell() {
    SAID=$DIR/said
    if [ "$(head -c 1 "$OUT")" = '{' ]; then
        jq -c '.finding? // empty, .findings[]?, select(.event == "error"),
            (.tables[]? | {table: .source} + .altered[]?)' "$OUT" >"$SAID" 2>&1
    else
        awk '/^Not carried:/ { head = "not_carried "; next } /^[A-Z].*:$/ { head = ""; next }
            /^$/ { head = "" } { print head $0 }' "$OUT" >"$SAID"
    fi
    cat "$ERR" >>"$SAID"
}

rc() { # WANT may be a choice: 1|2
    if [[ "|$2|" = *"|$RC|"* ]]; then
        case_ok "$1"
    else
        case_fail "$1" "exit $RC, expected $2: $(tail -qn 3 "$ERR" "$OUT" | tr '\n' ' ' | cut -c1-600)"
    fi
}

# --- judgements ----------------------------------------------------------------------------------

short() { printf '%s' "$1" | head -c 700 | tr '\n\t' '| '; }

equal() {
    if [ "$2" = "$3" ]; then
        case_ok "$1"
    else
        case_fail "$1" "expected [$(short "$2")] got [$(short "$3")]"
    fi
}

same() {
    local want got
    want=$(mq "$2")
    got=$(pq "$3")
    case $want in
    '' | *'ERROR '[0-9]*) case_fail "$1" "the source's own answer is no use: $(short "$want")" ;;
    *) equal "$1" "$want" "$got" ;;
    esac
}

is() { equal "$1" "$3" "$(pq "$2")"; }

says() {
    local name=$1 lines
    shift
    lines=$(cat "$SAID")
    for re in "$@"; do
        lines=$(printf '%s\n' "$lines" | grep -aiE -- "$re") || {
            case_fail "$name" "no line of the output has all of: $*; its end is: $(
                tail -n 4 "$SAID" | tr '\n' ' ' | cut -c1-500)"
            return
        }
    done
    case_ok "$name"
}

once() {
    local name=$1 lines
    shift
    lines=$(cat "$SAID")
    for re in "$@"; do lines=$(printf '%s\n' "$lines" | grep -aiE -- "$re"); done
    equal "$name" 1 "$(printf '%s\n' "$lines" | grep -c .)"
}

silent() {
    local line
    if line=$(grep -aiE -m1 -- "$2" "$SAID"); then
        case_fail "$1" "the output has: $(short "$line")"
    else
        case_ok "$1"
    fi
}

refuses() {
    local text
    if text=$(pq "$2"); then
        case_fail "$1" "the target took: $2"
    elif [ -n "$3" ] && ! printf '%s' "$text" | grep -qiE -- "$3"; then
        case_fail "$1" "refused, but with: $(short "$text")"
    else
        case_ok "$1"
    fi
}

accepts() {
    local text
    if text=$(pq "$2"); then
        case_ok "$1"
    else
        case_fail "$1" "$(short "$text")"
    fi
}

# Leaves RC and what the last copy said as they are. Rows are compared, too: awkward values must not give false alarms.
structure() {
    local name=$1 code=0
    shift
    timeout -k 5 300 "$WHIMBREL" verify "$SRC" "$DST" --levels schema,indexes,constraints,sequences,digests --settle 300ms --no-record \
        --quiet "$@" >"$DIR/structure" 2>&1 </dev/null || code=$?
    if [ "$code" = 0 ]; then
        case_ok "$name"
    else
        case_fail "$name" "exit $code: $(grep -v ' equal ' "$DIR/structure" | tr '\n' ' ' | cut -c1-900)"
    fi
}

# --- questions to the target's catalog -----------------------------------------------------------

# type_is CASE TABLE COLUMN WANT, as format_type() spells it; a precision of 6 is the default, so that
# timestamp(6) is asked for as timestamp
type_is() {
    is "$1" "SELECT replace(format_type(atttypid, atttypmod), '(6) with', ' with') FROM pg_attribute
        WHERE attrelid = to_regclass('public.' || quote_ident('$2')) AND attname = '$3'" "$4"
}

# rows CASE TABLE: as many rows in both
rows() { same "$1" "SELECT count(*) FROM \`$2\`" "SELECT count(*) FROM \"$2\""; }

# nothing_in_target CASE: no user table at all (whimbrel's own schema does not count)
nothing_in_target() {
    is "$1" "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
        WHERE relkind IN ('r','p','v','m','S') AND nspname = 'public'" 0
}

# no_rows_in_target CASE: whatever tables there are, none has a row
no_rows_in_target() {
    local t n=0
    for t in $(pq "SELECT quote_ident(nspname) || '.' || quote_ident(relname) FROM pg_class c
        JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind = 'r' AND nspname = 'public'"); do
        n=$((n + $(pq "SELECT count(*) FROM $t")))
    done
    equal "$1" 0 "$n"
}

# --- copies that run beside the test -------------------------------------------------------------

# start [FLAG…]: the copy in the background; its process is COPY. finish: let it go on, wait for it, set RC.
start() {
    "$WHIMBREL" copy "$SRC" "$DST" "$@" >"$OUT" 2>"$ERR" </dev/null &
    COPY=$!
    trap 'kill -9 $COPY 2>/dev/null' EXIT
}

finish() {
    release
    RC=0
    wait "$COPY" || RC=$?
    trap - EXIT
    retell
}

# hold TABLE CHUNKS: before start, in a fresh target: the copy loads no more than CHUNKS chunks of TABLE and waits
# before the next, so that it cannot end before release (finish releases, too). What happens meanwhile happens midway,
# on a machine of any speed. The table gets a trigger when it is made; the trigger waits for a lock that the test has.
hold() {
    pg "$DST" >/dev/null <<SQL || exit 99
CREATE SCHEMA gate;
CREATE SEQUENCE gate.begun;
CREATE FUNCTION gate.wait() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN
    IF nextval('gate.begun') > $2 THEN PERFORM pg_advisory_xact_lock_shared(1); END IF;
    RETURN NULL;
END \$\$;
CREATE FUNCTION gate.stand() RETURNS event_trigger LANGUAGE plpgsql AS \$\$ BEGIN
    IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE objid = to_regclass('public.$1')) THEN
        CREATE TRIGGER gate BEFORE INSERT ON public.$1 FOR EACH STATEMENT EXECUTE FUNCTION gate.wait();
        ALTER TABLE public.$1 ENABLE ALWAYS TRIGGER gate;
    END IF;
END \$\$;
CREATE EVENT TRIGGER gate ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION gate.stand();
ALTER EVENT TRIGGER gate ENABLE ALWAYS;
SQL
    exec {GATE}> >(pg "$DST" >/dev/null 2>&1)
    echo "SELECT pg_advisory_lock(1);" >&"$GATE"
    wb_wait 60 gate_is_shut || { case_fail "the gate at $1 is shut"; exit 99; }
}
gate_is_shut() { [ "$(pq "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 1 AND granted")" = 1 ]; }

release() {
    [ -n "${GATE:-}" ] || return 0
    echo '\q' 2>/dev/null >&"$GATE" # the copy may have the other end of the pipe, too
    exec {GATE}>&-
    GATE=
}

# midway CASE PGSQL: until the target answers t; the copy ending before that fails the case, because
# then it shows nothing.
midway() {
    until [ "$(pq "$2")" = t ]; do
        if ! kill -0 "$COPY" 2>/dev/null; then
            case_fail "$1" "the copy ended first: $(tail -qn 3 "$ERR" "$OUT" | tr '\n' ' ' | cut -c1-500)"
            return 1
        fi
        sleep 0.02
    done
    case_ok "$1"
}

# start_writer COMMAND…: what it prints, without end, is run in the source by a client, WRITER; writes.err has its errors.
# end_writer: ends it and its session.
start_writer() {
    "$@" 2>/dev/null | mariadb --no-defaults -uroot -S "$WB_MY_SOCKET" "$MY" >/dev/null 2>"$DIR/writes.err" &
    WRITER=$!
}
end_writer() {
    kill -9 "$WRITER" 2>/dev/null
    { wait "$WRITER"; } 2>/dev/null
    wb_wait 60 no_session_left || case_fail "the writer's session ends" "$(my -e 'SHOW PROCESSLIST')"
}
no_session_left() {
    my -e "SELECT CONCAT('KILL ', id, ';') FROM information_schema.processlist WHERE db = '$MY'" | my -f 2>/dev/null
    sessions_are_gone
}
# The server needs a moment to end the sessions of a client that is gone.
sessions_are_gone() { [ "$(my -e "SELECT count(*) FROM information_schema.processlist WHERE db = '$MY'")" = 0 ]; }

# equal_tables CASE TABLE…: every column of every row is the same. For tables of integers and plain
# strings, which both clients print alike.
equal_tables() {
    local name=$1 t cols bad=
    shift
    for t in "$@"; do
        cols=$(mq "SELECT GROUP_CONCAT(CONCAT('coalesce(', column_name, ',''0'')') ORDER BY ordinal_position)
            FROM information_schema.columns WHERE table_schema = '$MY' AND table_name = '$t'")
        mq "SELECT $cols FROM $t" | sort >"$DIR/source.$t"
        pq "SELECT $cols FROM $t" | sort >"$DIR/target.$t"
        cmp -s "$DIR/source.$t" "$DIR/target.$t" || bad="$bad $t: $(diff "$DIR/source.$t" "$DIR/target.$t" |
            grep -c '^<') only in the source, $(diff "$DIR/source.$t" "$DIR/target.$t" | grep -c '^>') only in the target"
        [ -s "$DIR/source.$t" ] || bad="$bad $t: nothing in the source"
    done
    if [ -z "$bad" ]; then case_ok "$name"; else case_fail "$name" "$bad"; fi
}

# --- a shop that is killed and cut off -----------------------------------------------------------

# load_shop: tables with every kind of key, of 180,000 rows, and a copy of them that takes a while.
# complete CASE: everything that a whole copy of it has.
shop_tables='parent child textkey nokey compo uniq'
load_shop() {
    load <<'SQL'
CREATE TABLE parent (id int PRIMARY KEY AUTO_INCREMENT, name varchar(40) NOT NULL, KEY name (name)) AUTO_INCREMENT=100000;
INSERT INTO parent SELECT seq, CONCAT('p', seq) FROM seq_1_to_20000;
CREATE TABLE child (id int PRIMARY KEY, p int NOT NULL, v varchar(120), KEY p (p), CONSTRAINT child_parent FOREIGN KEY (p) REFERENCES parent (id));
INSERT INTO child SELECT seq * 3, seq % 20000 + 1, REPEAT('c', 100) FROM seq_1_to_60000;
CREATE TABLE textkey (k varchar(20) PRIMARY KEY, v int);
INSERT INTO textkey SELECT LEFT(MD5(seq), 20), seq FROM seq_1_to_20000;
CREATE TABLE nokey (a int, b varchar(60));
INSERT INTO nokey SELECT seq % 100, 'twice' FROM seq_1_to_20000;
CREATE TABLE compo (a int, b int, v int, PRIMARY KEY (a, b));
INSERT INTO compo SELECT seq % 7, seq, seq FROM seq_1_to_20000;
CREATE TABLE uniq (id bigint unsigned PRIMARY KEY, u int NOT NULL UNIQUE);
INSERT INTO uniq SELECT seq * 900000000000000, 20001 - seq FROM seq_1_to_20000;
ANALYZE TABLE parent, child, textkey, nokey, compo, uniq;
SQL
}

complete() {
    # shellcheck disable=SC2086
    equal_tables "$1: every row once" $shop_tables
    is "$1: every index and key" "SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = indrelid
        WHERE relnamespace = 'public'::regnamespace AND indisvalid" 8
    is "$1: the foreign key" "SELECT convalidated FROM pg_constraint WHERE contype = 'f'" t
    is "$1: the next value" "INSERT INTO parent (name) VALUES ('new') RETURNING id" 100000
}

# seed: what RANDOM begins with; WB_SEED repeats a run
seed() {
    RANDOM=${WB_SEED:=$((10#$(date +%N) % 32768))}
    echo "# WB_SEED=$WB_SEED"
}
instant() { sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"; } # instant MS
