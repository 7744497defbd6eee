# What the verify scenarios share. Sourced, never run; all of copy.bash is there too.
#
#   verify [FLAG…]            whimbrel verify "$SRC" "$DST" FLAG…; sets RC, OUT, ERR as copy does; what it said
#                             is in SAID (standard output, then standard error)
#   verified CASE JQ WANT     the last verify had --json; jq's answer over its last line (the summary), compact
#   differs CASE KIND KEY COLUMN SOURCE TARGET
#                             the summary (--json) lists that difference; values as JSON: '"a"', null
#   last_line CASE REGEX      the last line on standard output: the verdict
#   lite_pair                 SRC and DST are two SQLite files of their own, without tables
#   sl SQL / tl SQL           one statement in the SQLite source / target

# shellcheck source=/dev/null
. "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/copy.bash"

verify() {
    RC=0
    timeout -k 5 "${VERIFY_LIMIT_S:-300}" "$WHIMBREL" verify "$SRC" "$DST" "$@" >"$OUT" 2>"$ERR" </dev/null || RC=$?
    SAID=$DIR/said
    cat "$OUT" "$ERR" >"$SAID"
}

verified() {
    local got
    got=$(tail -n 1 "$OUT" | jq -c "$2" 2>&1)
    equal "$1" "$3" "$got"
}

differs() {
    local got
    got=$(tail -n 1 "$OUT" | jq -c --arg kind "$2" --arg key "$3" --arg column "$4" '[.tables[].differences[]
        | select(.kind == $kind and .key == $key) | .values[] | select(.column == $column)
        | [.source, .target]] | first' 2>&1)
    if [ "$got" = "[$5,$6]" ]; then
        case_ok "$1"
    else
        case_fail "$1" "expected [$5,$6] got $got; listed are: $(tail -n 1 "$OUT" |
            jq -c '[.tables[].differences[]]' 2>&1 | cut -c1-700)"
    fi
}

last_line() {
    local line
    line=$(tail -n 1 "$OUT")
    if printf '%s\n' "$line" | grep -qE -- "$2"; then case_ok "$1"; else case_fail "$1" "it is: $(short "$line")"; fi
}

lite_pair() {
    src=$DIR/src.db
    dst=$DIR/dst.db
    rm -f "$src"* "$dst"*
    SRC=sqlite:$src
    DST=sqlite:$dst
}
sl() { sqlite3 -bail "$src" "$1"; }
tl() { sqlite3 -bail "$dst" "$1"; }
