#!/bin/bash
# A step without a verify block whose runner is ended between effect and outcome: held for a person, never
# run twice. Scripts only where they are allowed. Pages reach their address.
. "$(dirname "$0")/run.bash"

begin() {
    plan unsure
    export SHOP=$DIR/shop.db MARK=$DIR/mark PORT=9
    sqlite3 "$SHOP" "CREATE TABLE counter (n INT); INSERT INTO counter VALUES (0)"
}
count() { sqlite3 "$SHOP" 'SELECT n FROM counter'; }

# kill_at WHAT: the runner is ended before the write that tells of the step's outcome
killed() {
    local n
    export WHIMBREL_TEST_CLOCK=$DIR/clock
    for ((n = 1; n < 20; n++)); do
        begin
        echo 1700000000 >"$WHIMBREL_TEST_CLOCK"
        WHIMBREL_TEST_JOURNAL=$n:kill-before run 2>/dev/null
        [ "$(count)" = 1 ] && [ "$(events step_outcome)" = 0 ] && break
    done
    echo 1700000100 >"$WHIMBREL_TEST_CLOCK"
}

wb_case "nobody knows whether it ran: held, and not run again"
killed
assert_eq 137 "$RC"
run --allow-shell
assert_eq 1 "$RC"
said 'nobody knows whether step.1 was done'
assert_eq 1 "$(count)"

wb_case "resume alone does not decide it"
ask resume
assert_eq 1 "$RC"
ask approve --step step.1
assert_eq 1 "$RC"

wb_case "done, says a person, and the run goes on"
ask approve --step step.1 --done
assert_eq 0 "$RC"
run --allow-shell
assert_eq 0 "$RC"
assert_eq 1 "$(count)"
assert_eq hello "$(cat "$MARK")"

wb_case "again, says a person, and it is run once more"
killed
run --allow-shell
sqlite3 "$SHOP" "UPDATE counter SET n = 0"
ask approve --step step.1 --again
assert_eq 0 "$RC"
run --allow-shell
assert_eq 0 "$RC"
assert_eq 1 "$(count)"

unset WHIMBREL_TEST_CLOCK
wb_case "without --allow-shell a script fails and holds"
begin
run
assert_eq 1 "$RC"
said 'allow-shell'
assert_eq "" "$(ls "$DIR" | grep mark)"
ask resume
run --allow-shell
assert_eq 0 "$RC"

wb_case "a page reaches its address; one that cannot be sent is noted and holds nothing up"
begin
run
assert_eq 1 "$(($(events note) > 0))"
begin
cat >"$DIR/hook.py" <<'PY'
import http.server, sys
class H(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        open(sys.argv[1] + '/paged', 'ab').write(self.rfile.read(int(self.headers['Content-Length'])) + b'\n')
        self.send_response(204); self.end_headers()
    def log_message(self, *a): pass
s = http.server.HTTPServer(('127.0.0.1', 0), H)
open(sys.argv[1] + '/port.new', 'w').write(str(s.server_port))
import os; os.rename(sys.argv[1] + '/port.new', sys.argv[1] + '/port')
s.serve_forever()
PY
python3 "$DIR/hook.py" "$DIR" &
hook=$!
trap 'kill $hook' EXIT
wb_wait 60 test -s "$DIR/port"
PORT=$(cat "$DIR/port")
run
assert_eq 1 "$RC"
assert_match 'step.2 has failed' "$(jq -r .text "$DIR/paged")"
assert_eq 0 "$(events note)"

wb_case "what needs a continuous sync is refused before anything is done"
plan move
export NEW=$DIR/new.db
sed -i 's/^observations: 3/observations: 3\nreverse: true/' "$PLAN"
run
assert_eq 3 "$RC"
said 'this version cannot run it'
sed -i '/^reverse:/d; s/row count match/sync lag < 5s/' "$PLAN"
run
assert_eq 3 "$RC"
said 'this version cannot run it'
assert_eq "" "$(ls "$DIR" | grep whimbrel)"
wb_finish
