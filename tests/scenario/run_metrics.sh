#!/bin/bash
# Metrics from a Prometheus that scrapes them, and by SQL; a baseline measured before the first change; the journal in
# a PostgreSQL. What decides nothing: no series, NaN, several series, a server that is gone.
. "$(dirname "$0")/run.bash"
. "$here/prometheus.bash"

prometheus_need || { case_skip prometheus "no prometheus here"; exit 0; }
plan measured
export SHOP=$DIR/shop.db
JOURNAL=$(pg_db run_metrics)
export JOURNAL
sqlite3 "$SHOP" "CREATE TABLE failures (n INT); INSERT INTO failures VALUES (100)"
export_metrics "other 1"
trap prometheus_cleanup EXIT
prometheus_start
in_journal() { PGDATABASE=run_metrics pg -c "SELECT count(*) FROM whimbrel.journal_event WHERE kind = '$1'"; }
phase() { "$WHIMBREL" status "$PLAN" --json | jq -r '.phases[0].state'; }
# decides_nothing WORDS: the run waits, passes nothing, undoes nothing, and says why
decides_nothing() {
    run
    assert_eq 6 "$RC"
    said "$1"
    assert_eq "checking 0" "$(phase) $(in_journal rollback)"
    assert_eq "" "$(grep -l s3cr3tpw "$OUT")" "told the password"
}

wb_case "no series: the run waits, passes nothing, undoes nothing"
wb_wait 60 scraped other '.data.result | length == 1' || wb_assert_failed "nothing is scraped: $(tail -n 3 "$DIR/prometheus.log")"
decides_nothing "the query finds no series"
assert_eq 1 "$(in_journal baseline)"
assert_eq 1 "$(in_journal step_outcome)"

wb_case "NaN"
export_metrics "cache_misses NaN"
wb_wait 60 scraped cache_misses '.data.result[0].value[1] == "NaN"' || wb_assert_failed "not scraped"
decides_nothing "the query gives NaN"

wb_case "several series"
export_metrics $'cache_misses{shop="a"} 99\ncache_misses{shop="b"} 99'
wb_wait 60 scraped cache_misses '.data.result | length == 2' || wb_assert_failed "not scraped"
decides_nothing "the query gives 2 series: aggregate them to one"

wb_case "a server that is gone: its address is told, never the password"
prometheus_stop
decides_nothing "Prometheus at http://127.0.0.1:$PROMETHEUS_PORT: HTTP: "

wb_case "a wrong password, by WHIMBREL_PROMETHEUS instead of the plan's address"
export_metrics "cache_misses 1"
prometheus_start
export WHIMBREL_PROMETHEUS=http://whimbrel:wr0ngpw@127.0.0.1:$PROMETHEUS_PORT
decides_nothing "Prometheus at http://127.0.0.1:$PROMETHEUS_PORT: HTTP: the answer is 401"
unset WHIMBREL_PROMETHEUS
assert_eq "" "$(grep -l wr0ngpw "$OUT")" "told the password"

wb_case "what is far from its baseline fails and holds"
wb_wait 60 scraped cache_misses '.data.result[0].value[1] == "1"' || wb_assert_failed "not scraped"
sqlite3 "$SHOP" "UPDATE failures SET n = 150"
run
assert_eq 1 "$RC"
said 'HELD: validation.2 has failed'

wb_case "a trigger fires by what is scraped, and undoes the phase"
"$WHIMBREL" run "$PLAN" >"$DIR/runner" 2>&1 </dev/null &
runner=$!
export_metrics "cache_misses 99"
rolled_back() { [ "$(phase 2>/dev/null)" = rolled_back ]; }
wb_wait 60 rolled_back || wb_assert_failed "$(phase): $(tail -n 3 "$DIR/runner")"
kill -INT "$runner"
wait "$runner"
assert_match 'trigger.1 of phase 1 fired' "$(cat "$DIR/runner")"
assert_eq 0 "$(sqlite3 "$SHOP" "SELECT count(*) FROM sqlite_master WHERE name = 'changed'")"

wb_case "within its baseline, and below its threshold, the plan ends"
export_metrics "cache_misses 1"
wb_wait 60 scraped cache_misses '.data.result[0].value[1] == "1"' || wb_assert_failed "not scraped"
sqlite3 "$SHOP" "UPDATE failures SET n = 110"
ask resume
run
assert_eq 0 "$RC"
assert_eq 1 "$(in_journal run_done)"
assert_eq "" "$(ls "$DIR" | grep whimbrel)" "a journal beside the plan"

wb_case "a password in the plan itself is hidden, and warned of"
sed -i 's|^prometheus:.*|prometheus: http://me:pl41n@127.0.0.1:1|' "$PLAN"
expect_exit 0 "$WHIMBREL" check "$PLAN" --offline
assert_match 'the plan holds a password' "$(cat "$WB_TMP/out")"
assert_eq "" "$(grep pl41n "$WB_TMP/out")"
wb_finish
