#!/bin/bash
# The report is a proof that a reviewer can read and repeat: as Markdown, HTML and JSON, whatever the values are.
. "$(dirname "$0")/verify.bash"

pair report
load <<'SQL'
CREATE TABLE plain (id int PRIMARY KEY, v int);
INSERT INTO plain SELECT seq, seq FROM seq_1_to_1000;
CREATE TABLE `odd|<b>` (id varchar(20) PRIMARY KEY, v text);
INSERT INTO `odd|<b>` VALUES ('a|b', 'x'), ('</td>', 'y'), ('`', 'z');
SQL
copy
rc "the copy succeeds" 0
equal "the target is spoilt" "" "$(pq "UPDATE \"odd|<b>\" SET v = '<script>alert(1)</script> | \`x\` & ' || chr(27) || '[31m'; DELETE FROM plain WHERE id = 77")"
my -e "CREATE OR REPLACE USER wb_report@localhost IDENTIFIED BY 's3cr3tpw'; GRANT ALL ON \`$MY\`.* TO wb_report@localhost"
SRC="mysql://wb_report:s3cr3tpw@localhost/$MY?socket=$WB_MY_SOCKET"
verify --settle 300ms --report "$DIR/proof.md" --report "$DIR/proof.html" --report "$DIR/proof.json"
rc "with reports: exit 1" 1
md=$DIR/proof.md
html=$DIR/proof.html
json=$DIR/proof.json

has() { # CASE FILE FIXED-TEXT
    if grep -qF -- "$3" "$2"; then case_ok "$1"; else case_fail "$1" "not in $(basename "$2"): $3"; fi
}
hasnt() {
    local line
    if line=$(grep -aF -m1 -- "$3" "$2"); then case_fail "$1" "$(basename "$2") has: $(short "$line")"; else case_ok "$1"; fi
}
for f in "$md" "$html"; do
    kind=${f##*.}
    has "$kind: the verdict" "$f" 'Different: 2 of 2 tables'
    has "$kind: versions" "$f" 'MariaDB'
    has "$kind: the method" "$f" 'XXH3-128'
    has "$kind: the missing row" "$f" 'id = 77'
    has "$kind: where the log stood" "$f" "$(my -e 'SELECT @@server_id' | sed 's/.*/0-&-/')"
    hasnt "$kind: no markup from values" "$f" '<script>'
    hasnt "$kind: no escape sequences" "$f" "$(printf '\033')"
    hasnt "$kind: no password" "$f" s3cr3tpw
done
hasnt "json: no password" "$json" s3cr3tpw
has "md: a pipe in a value does not end a cell" "$md" '\| \`x\`'
if [ "$(grep -c '^| ' "$md")" -gt 12 ] && awk -F'[^\\\\][|]' '/^\|---/ { want = NF } /^\| / && want && NF != want { bad = 1 } /^$/ { want = 0 } END { exit bad }' "$md"; then
    case_ok "md: every row of a table has as many cells as its head"
else
    case_fail "md: every row of a table has as many cells as its head" "$(grep -n '^|' "$md" | head -n 5)"
fi
has "html: dark and light" "$html" 'prefers-color-scheme:dark'
if grep -qE '(src|href)=|@import|url\(' "$html"; then
    case_fail "html: needs nothing from elsewhere" "$(grep -nE '(src|href)=|@import|url\(' "$html" | head -n 2)"
else
    case_ok "html: needs nothing from elsewhere"
fi
if python3 - "$html" <<'PY' >"$DIR/html" 2>&1
import sys
from html.parser import HTMLParser
VOID = {"meta", "br"}
class P(HTMLParser):
    stack = []
    def handle_starttag(self, tag, attrs):
        if tag not in VOID: self.stack.append(tag)
    def handle_endtag(self, tag):
        assert self.stack and self.stack[-1] == tag, (tag, self.stack, self.getpos())
        self.stack.pop()
p = P(); p.feed(open(sys.argv[1], encoding="utf-8").read()); assert not p.stack, p.stack
PY
then case_ok "html: every element is closed"; else case_fail "html: every element is closed" "$(tail -n 1 "$DIR/html")"; fi
"$WB_BUILD_DIR/tests/json-validate" "$(dirname "$0")/../../docs/json/verify-report.json" <"$json" >"$DIR/valid" 2>&1 &&
    case_ok "json: as docs/json says" || case_fail "json: as docs/json says" "$(head -n 3 "$DIR/valid")"
equal "json: digests, rows and method of a table" '["different",1000,999,32,32]' \
    "$(jq -c '[.tables[] | select(.source | endswith("plain")) | .outcome, .source_rows, .target_rows, (.source_digest | length), (.target_digest | length)]' "$json")"

# The command in it repeats the verification, with the password from the environment.
command=$(jq -r .command "$json")
hasnt "the command has no password" <(echo "$command") s3cr3tpw
(cd "$DIR" && PATH=$(dirname "$WHIMBREL"):$PATH WHIMBREL_SOURCE_PASSWORD=s3cr3tpw timeout 300 bash -c "$command" >"$OUT" 2>"$ERR")
equal "the command can be run again: exit 1" 1 $?

# A later run replaces the files as a whole.
pq "INSERT INTO plain VALUES (77, 77); UPDATE \"odd|<b>\" SET v = CASE id WHEN 'a|b' THEN 'x' WHEN '</td>' THEN 'y' ELSE 'z' END" >/dev/null
WHIMBREL_SOURCE_PASSWORD=s3cr3tpw
export WHIMBREL_SOURCE_PASSWORD
SRC="mysql://wb_report@localhost/$MY?socket=$WB_MY_SOCKET"
verify --report "$md" --report "$html" --report "$json"
rc "equal: exit 0" 0
has "a later report replaces an earlier one" "$md" 'Equal: 2 tables'
hasnt "nothing of the earlier one is left" "$md" 'id = 77'
equal "no other files are left beside it" "" "$(find "$DIR" -name 'proof.*.new*')"
verify --report "$md" --redact
hasnt "--redact: no password, no value" "$md" s3cr3tpw
verify --report "$DIR/no/such/folder/x.md"
rc "a folder that is not there: exit 4, at once" 4
my -e "DROP USER wb_report@localhost"
wb_finish
