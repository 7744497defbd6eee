# A Prometheus of a scenario's own, which scrapes what the file $DIR/export/metrics holds. Sourced, never run.
#
#   export_metrics LINES   what it scrapes from now on
#   prometheus_start       sets PROMETHEUS (its address, with a user and a password)
#   prometheus_stop, prometheus_cleanup
#   scraped QUERY WANT     whether it answers that by now

prometheus_need() { command -v prometheus >/dev/null && command -v python3 >/dev/null; }
export_metrics() {
    mkdir -p "$DIR/export"
    printf '%s\n' "$1" >"$DIR/export/new" && mv "$DIR/export/new" "$DIR/export/metrics"
}

# A server that is asked for port 0 says which it got.
exporter_start() {
    (cd "$DIR/export" && exec python3 -u -m http.server --bind 127.0.0.1 0) >"$DIR/exporter" 2>&1 &
    EXPORTER=$!
    wb_wait 60 grep -q 'port [0-9]' "$DIR/exporter" || return
    EXPORTER_PORT=$(sed -n 's/^Serving HTTP on .* port \([0-9]*\).*/\1/p' "$DIR/exporter")
}

# Its port is chosen here: one that is taken makes it end, and another is tried.
prometheus_start() {
    [ -n "${EXPORTER:-}" ] || exporter_start || return
    cat >"$DIR/prometheus.yml" <<YML
global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs:
  - job_name: shop
    static_configs: [{targets: ['127.0.0.1:$EXPORTER_PORT']}]
YML
    # bcrypt of "s3cr3tpw"
    echo "basic_auth_users: {whimbrel: '\$2b\$04\$4Tba55HJjuh9qVXbnShZDuus9VHglVgQQ4ZOLtxhQk9Deq5Wc/qia'}" >"$DIR/web.yml"
    local try
    for ((try = 0; try < 20; try++)); do
        PROMETHEUS_PORT=$((30000 + RANDOM % 2768)) # below those that the system gives away, above the demo's
        rm -f "$DIR/prometheus.log" # what an earlier one said is not what this one says
        prometheus --config.file="$DIR/prometheus.yml" --web.config.file="$DIR/web.yml" --storage.tsdb.path="$DIR/tsdb" \
            --web.listen-address=127.0.0.1:$PROMETHEUS_PORT --query.lookback-delta=5s >"$DIR/prometheus.log" 2>&1 &
        PROMETHEUS_PID=$!
        wb_wait 60 prometheus_answers_or_ends
        kill -0 "$PROMETHEUS_PID" 2>/dev/null && break
    done
    PROMETHEUS="http://whimbrel:s3cr3tpw@127.0.0.1:$PROMETHEUS_PORT"
    export PROMETHEUS
}
prometheus_answers_or_ends() { grep -qs 'Server is ready' "$DIR/prometheus.log" || ! kill -0 "$PROMETHEUS_PID" 2>/dev/null; }
prometheus_stop() {
    kill "$PROMETHEUS_PID" 2>/dev/null
    wait "$PROMETHEUS_PID" 2>/dev/null
}
prometheus_cleanup() {
    kill "${PROMETHEUS_PID:-}" "${EXPORTER:-}" 2>/dev/null
    wait 2>/dev/null
}
# scraped QUERY FILTER: what jq's FILTER makes of the answer is true
scraped() {
    local body
    body=$( (exec 3<>"/dev/tcp/127.0.0.1/$PROMETHEUS_PORT" && printf 'GET /api/v1/query?query=%s HTTP/1.0\r\nAuthorization: Basic %s\r\n\r\n' \
        "$1" "$(printf whimbrel:s3cr3tpw | base64)" >&3 && cat <&3) 2>/dev/null)
    jq -e "$2" <<<"${body##*$'\r\n\r\n'}" >/dev/null 2>&1
}
