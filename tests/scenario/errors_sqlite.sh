#!/bin/bash
# SQLite files that are missing, broken, locked, full or in the way.
. "$(dirname "$0")/copy.bash"

src=$DIR/src.db
dst=$DIR/dst.db
SRC=sqlite:$src
DST=sqlite:$dst
sqlite3 "$src" "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); CREATE TABLE u (a UNIQUE);
    WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
    INSERT INTO t SELECT i, printf('%d%.*c', i, 200, 'x') FROM n; INSERT INTO u VALUES (1),('x'),(NULL)"
dump() { sqlite3 "$1" "SELECT id, v FROM t ORDER BY id; SELECT quote(a) FROM u ORDER BY 1" 2>&1; }
same_file() { equal "$1" "$(dump "$src" | md5sum)" "$(dump "$dst" | md5sum)"; }
gone() { if [ -e "$2" ]; then case_fail "$1" "$2 is there"; else case_ok "$1"; fi; }

SRC=sqlite:$DIR/none.db
copy
rc "source file that is not there" 4
says "source file that is not there: named" none.db
gone "source file that is not there is not made" "$DIR/none.db"
gone "source file that is not there: no target" "$dst"
head -c 100000 /dev/urandom >"$DIR/noise.db"
SRC=sqlite:$DIR/noise.db
copy
rc "source that is no database" 4
says "source that is no database: named" noise.db
SRC=sqlite:$DIR
copy
rc "source that is a directory" 4
SRC=sqlite:$src
DST=sqlite:$DIR/no/such/dir/x.db
copy
rc "target in a directory that is not there" 4
says "target in a directory that is not there: named" 'no/such/dir'
DST=sqlite:$src
before=$(md5sum <"$src")
copy
rc "source and target are the same file" '1|2'
equal "source and target are the same file: untouched" "$before" "$(md5sum <"$src")"
ln -s src.db "$DIR/link.db"
DST=sqlite:$DIR/link.db
copy
rc "source and target are the same file by a link" '1|2'
equal "source and target are the same file by a link: untouched" "$before" "$(md5sum <"$src")"
DST=sqlite:$dst

# A page in the middle is damaged: no exit 0.
cp "$src" "$DIR/broken.db"
size=$(stat -c %s "$DIR/broken.db")
dd if=/dev/urandom of="$DIR/broken.db" bs=4096 seek=$((size / 8192)) count=20 conv=notrunc status=none
SRC=sqlite:$DIR/broken.db
copy
rc "damaged pages in the source" 4
says "damaged pages in the source: the table is named" '\bt\b|malformed|corrupt'
rm -f "$dst"*
SRC=sqlite:$src

sqlite3 "$dst" "CREATE TABLE t (mine); INSERT INTO t VALUES ('precious')"
copy
rc "target not empty" 1
says "target not empty: the table is named" '\bt\b'
equal "target not empty: untouched" precious "$(sqlite3 "$dst" "SELECT mine FROM t")"
rm -f "$dst"*

# Another program holds the source for itself.
mkfifo "$DIR/fifo"
sqlite3 "$src" <"$DIR/fifo" >"$DIR/held" 2>&1 &
holder=$!
trap 'kill $holder 2>/dev/null' EXIT
exec 3>"$DIR/fifo"
echo "BEGIN EXCLUSIVE; SELECT 'held';" >&3
wb_wait 60 grep -q held "$DIR/held"
copy --retries 0
rc "source locked by another program" 4
says "source locked by another program: says so" 'lock|busy'
echo "COMMIT;" >&3
exec 3>&-
wait $holder
trap - EXIT
copy
rc "source locked no more" 0
same_file "source locked no more: equal"
rm -f "$dst"*

# No more room for the file, by a limit on its size (which SQLite takes for an I/O error).
limited() { # BLOCKS-OF-1024 FLAGS…
    RC=0
    local blocks=$1
    shift
    (
        trap '' XFSZ
        ulimit -f "$blocks"
        exec timeout -k 5 300 "$WHIMBREL" copy "$SRC" "$DST" --chunk-bytes 200k "$@" >"$OUT" 2>"$ERR" </dev/null
    ) || RC=$? # rc reads it
    : "$RC"
    retell
}
limited 2000
rc "file too large: exit 4" 4
says "file too large: says that it is the disk" 'disk'
copy --chunk-bytes 200k
rc "file too large: the same command finishes" 0
same_file "file too large: equal"
rm -f "$dst"*

# A real one, where the test may mount.
mkdir "$DIR/mnt"
if mount -t tmpfs -o size=3m tmpfs "$DIR/mnt" 2>/dev/null; then
    trap 'umount "$DIR/mnt"' EXIT
    DST=sqlite:$DIR/mnt/dst.db
    copy --chunk-bytes 200k
    rc "file system full: exit 4" 4
    says "file system full: says so" 'full|space'
    says "file system full: says to run it again" 'again|continue'
    mount -o remount,size=64m "$DIR/mnt"
    copy --chunk-bytes 200k
    rc "file system full: the same command finishes" 0
    equal "file system full: equal" "$(dump "$src" | md5sum)" "$(dump "$DIR/mnt/dst.db" | md5sum)"
    umount "$DIR/mnt"
    trap - EXIT
else
    echo "# file system full: not tried, this user may not mount"
fi
equal "the source is as it was" "$before" "$(md5sum <"$src")"

# A name that is misspelt: nothing is made by it, and the way out is told.
asks() { # CASE CODE ARGUMENTS…
    local name=$1 want=$2
    shift 2
    RC=0
    "$WHIMBREL" "$@" >"$SAID" 2>&1 </dev/null || RC=$?
    rc "$name" "$want"
}
asks "a file to clean that is not there" 4 clean "sqlite:$DIR/none.db"
says "a file to clean that is not there: named" none.db
gone "a file to clean that is not there is not made" "$DIR/none.db"
asks "a scheme that is misspelt" 2 copy "sqllite:$src" "$DST"
says "a scheme that is misspelt: said" 'misspelt.*sqllite'
asks "a wrong number" 2 verify "$SRC" "$DST" --jobs many
says "a wrong number: the way to the help of this command" 'whimbrel verify --help'
asks "a table that is not there" 2 verify "$SRC" "sqlite:$src" --tables nothing
says "a table that is not there: the way to the help of this command" 'whimbrel verify --help'
for command in copy verify inspect backup clean check run status pause resume approve rollback amend abort errors; do
    asks "$command --help" 0 "$command" --help
    says "$command --help: how it is used, with an example" "^Usage: whimbrel $command"
    asks "help $command" 0 help "$command"
    says "help $command: the same" "^Usage: whimbrel $command"
done
asks "help of nothing" 2 help kopy
wb_finish
