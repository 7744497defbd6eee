#!/bin/bash
# Metrics over Prometheus' HTTP interface and by SQL; a baseline measured before the first change; the
# journal in a PostgreSQL.
. "$(dirname "$0")/run.bash"

plan measured
export SHOP=$DIR/shop.db
JOURNAL=$(pg_db run_metrics)
export JOURNAL
sqlite3 "$SHOP" "CREATE TABLE failures (n INT); INSERT INTO failures VALUES (100)"
cat >"$DIR/prometheus.py" <<'PY'
import http.server, json, os, sys, time
folder = sys.argv[1]
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        value = open(folder + '/value').read().strip()
        result = [{'metric': {}, 'value': [time.time(), value]}] if value else []
        body = json.dumps({'status': 'success', 'data': {'resultType': 'vector', 'result': result}}).encode()
        self.send_response(200); self.send_header('Content-Length', str(len(body))); self.end_headers()
        self.wfile.write(body)
    def log_message(self, *a): pass
s = http.server.HTTPServer(('127.0.0.1', 0), H)
open(folder + '/port.new', 'w').write(str(s.server_port)); os.rename(folder + '/port.new', folder + '/port')
s.serve_forever()
PY
echo 1 >"$DIR/value"
python3 "$DIR/prometheus.py" "$DIR" &
server=$!
trap 'kill $server 2>/dev/null' EXIT
wb_wait 30 test -s "$DIR/port"
WHIMBREL_PROMETHEUS=http://127.0.0.1:$(cat "$DIR/port")
export WHIMBREL_PROMETHEUS
in_journal() { PGDATABASE=run_metrics pg -c "SELECT count(*) FROM whimbrel.journal_event WHERE kind = '$1'"; }

wb_case "no data from Prometheus: the run waits, and passes nothing"
: >"$DIR/value"
run
assert_eq 6 "$RC"
assert_eq 1 "$(in_journal baseline)"
assert_eq 1 "$(in_journal step_outcome)"
assert_eq checking "$("$WHIMBREL" status "$PLAN" --json | jq -r '.phases[0].state')"

wb_case "what is far from its baseline fails and holds"
echo 1 >"$DIR/value"
sqlite3 "$SHOP" "UPDATE failures SET n = 150"
run
assert_eq 1 "$RC"
said 'HELD: validation.2 has failed'

wb_case "within its baseline, the plan ends"
sqlite3 "$SHOP" "UPDATE failures SET n = 110"
ask resume
run
assert_eq 0 "$RC"
assert_eq 1 "$(in_journal run_done)"
assert_eq "" "$(ls "$DIR" | grep whimbrel)" "a journal beside the plan"
wb_finish
