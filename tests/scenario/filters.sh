#!/bin/bash
# --include, --exclude, --rename, --schema, --cast and --cast-file.
. "$(dirname "$0")/copy.bash"

pair filters
load <<'SQL'
CREATE TABLE orders (id int PRIMARY KEY AUTO_INCREMENT, total decimal(10,2), note text, flag tinyint(1));
CREATE TABLE order_items (id int PRIMARY KEY, order_id int, CONSTRAINT item_order FOREIGN KEY (order_id) REFERENCES orders (id));
CREATE TABLE log_a (id int PRIMARY KEY);
CREATE TABLE log_b (id int PRIMARY KEY);
CREATE TABLE users (id int unsigned PRIMARY KEY, name varchar(20), born datetime, big bigint unsigned);
INSERT INTO orders VALUES (1,9.99,'n',1),(2,19.99,'m',0);
INSERT INTO order_items VALUES (1,1),(2,2);
INSERT INTO log_a VALUES (1);
INSERT INTO log_b VALUES (1);
INSERT INTO users VALUES (1,'u','2024-01-01 00:00:00',18446744073709551615),(4294967295,'v',NULL,NULL);
SQL
tables="SELECT string_agg(tablename,' ' ORDER BY tablename) FROM pg_tables WHERE schemaname = 'public'"

copy --include orders --include users
rc "--include twice" 0
is "--include takes what it names" "$tables" "orders users"
fresh_target
copy --exclude 'log_*'
rc "--exclude" 0
is "--exclude leaves out what matches" "$tables" "order_items orders users"
fresh_target
copy --include 'order*' --exclude order_items
rc "--include and --exclude" 0
is "--exclude wins over --include" "$tables" orders
fresh_target
copy --include "$MY.log_?"
rc "--include with a schema and a glob" 0
is "schema.table glob" "$tables" "log_a log_b"
fresh_target
copy --include 'nosuch*'
rc "--include that matches nothing is an error" "1|2"
nothing_in_target "--include that matches nothing makes nothing"
copy --exclude orders
rc "--exclude of a referenced table exits 0" 0
says "the foreign key to it is named as not carried" item_order
is "the child arrives" "SELECT count(*) FROM order_items" 2

fresh_target
copy --rename orders=sales --rename 'log_a=Log A'
rc "--rename" 0
is "--rename takes effect" "$tables" "Log A log_b order_items sales users"
is "--rename moves the rows" "SELECT count(*), sum(total) FROM sales" "$(printf '2\t29.98')"
is "--rename carries the foreign key" "SELECT confrelid::regclass FROM pg_constraint WHERE conname = 'item_order'" sales
is "--rename carries the next value" "INSERT INTO sales (total) VALUES (1) RETURNING id" 3
fresh_target
copy --rename orders=users
rc "--rename onto another table is refused" "1|2"
nothing_in_target "--rename onto another table makes nothing"
copy --rename nosuch=x
rc "--rename of a table that is not there" 2
copy --rename orders
rc "--rename without = is a usage error" 2

fresh_target
copy --schema 'My Shop'
rc "--schema" 0
is "--schema puts the tables there" "SELECT count(*) FROM pg_tables WHERE schemaname = 'My Shop'" 5
nothing_in_target "--schema leaves public alone"
is "--schema carries rows" 'SELECT count(*) FROM "My Shop".orders' 2

fresh_target
copy --cast 'type:datetime=timestamptz' --cast 'column:users.id=bigint' --cast 'column:orders.flag=smallint' --cast 'column:orders.note=varchar(10)'
rc "--cast" 0
is "--cast of a type" "SELECT atttypid::regtype FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'born'" 'timestamp with time zone'
type_is "--cast of a column" orders flag smallint
type_is "--cast to a length" orders note 'character varying(10)'
is "--cast values" "SELECT string_agg(flag::text,' ' ORDER BY id) FROM orders" "1 0"
type_is "what is not cast stays" users name 'character varying(20)'

cat >"$DIR/casts" <<'EOF'
# lines as after --cast; blank lines and comments are skipped

type:datetime=timestamptz
column:orders.flag=integer
EOF
fresh_target
copy --cast-file "$DIR/casts"
rc "--cast-file" 0
type_is "--cast-file column" orders flag integer
is "--cast-file type" "SELECT atttypid::regtype FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'born'" 'timestamp with time zone'
fresh_target
copy --cast-file "$DIR/nosuch"
rc "--cast-file that is not there" "2|4"
printf 'column:orders.flag\n' >"$DIR/bad"
copy --cast-file "$DIR/bad"
rc "--cast-file with a bad line" 2
says "--cast-file names file and line" 'bad:1'
copy --cast 'column:orders.nosuch=text'
rc "--cast of a column that is not there" 2
copy --cast 'kind:x=y'
rc "--cast of an unknown kind" 2
copy --cast 'column:users.name=integer'
rc "--cast that the values cannot take" 1
says "--cast that the values cannot take names the column" users name

wb_finish
