-- The shop as an SQLite application would have it. Rows come from shopgen's generators.

CREATE TABLE countries (
    code TEXT NOT NULL PRIMARY KEY CHECK (length(code) = 2),
    name TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE categories (
    id INTEGER PRIMARY KEY,
    parent_id INTEGER REFERENCES categories (id) ON DELETE CASCADE ON UPDATE CASCADE,
    name TEXT NOT NULL,
    slug TEXT NOT NULL COLLATE NOCASE UNIQUE,
    sort_order INTEGER NOT NULL DEFAULT 0,
    UNIQUE (parent_id, name)
);

CREATE TABLE products (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sku VARCHAR(20) NOT NULL UNIQUE,
    category_id INTEGER NOT NULL DEFAULT 25 REFERENCES categories (id) ON DELETE SET DEFAULT,
    name TEXT NOT NULL,
    description TEXT,
    price DECIMAL(12, 4) NOT NULL CHECK (price > 0),
    weight_kg REAL,
    attributes JSON NOT NULL DEFAULT '{}' CHECK (json_valid(attributes)),
    barcode BIGINT,
    in_stock INT NOT NULL DEFAULT 0 CONSTRAINT "stock isn't negative" CHECK (in_stock >= 0),
    discontinued_on DATE,
    sku_prefix TEXT GENERATED ALWAYS AS (substr(sku, 1, 3)) STORED,
    price_with_tax GENERATED ALWAYS AS (round(price * 1.19, 4)) VIRTUAL
);

CREATE TABLE product_images (
    id INTEGER PRIMARY KEY,
    product_id INTEGER NOT NULL REFERENCES products (id) ON DELETE CASCADE,
    position INTEGER NOT NULL DEFAULT 1,
    mime_type TEXT NOT NULL DEFAULT 'image/png',
    content BLOB DEFAULT x'',
    UNIQUE (product_id, position)
);

-- customers and addresses point at each other, one of them with a composite key.
CREATE TABLE customers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    email TEXT NOT NULL COLLATE NOCASE UNIQUE,
    full_name TEXT NOT NULL,
    nickname TEXT DEFAULT NULL,
    phone VARCHAR(32) DEFAULT 'NULL',
    birth_date DATE,
    credit_limit DECIMAL(14, 4) NOT NULL DEFAULT 500.00,
    loyalty_points INTEGER NOT NULL DEFAULT 0 CHECK (loyalty_points >= 0),
    newsletter BOOLEAN NOT NULL DEFAULT FALSE CHECK (newsletter IN (0, 1)),
    preferences TEXT CHECK (preferences IS NULL OR json_valid(preferences)),
    default_address_no INTEGER,
    referred_by INTEGER REFERENCES customers (id) ON DELETE SET NULL,
    created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    FOREIGN KEY (id, default_address_no) REFERENCES addresses (customer_id, address_no)
        DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE addresses (
    customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    address_no INTEGER NOT NULL CHECK (address_no > 0),
    label TEXT,
    street TEXT NOT NULL,
    city TEXT NOT NULL,
    postcode TEXT NOT NULL,
    country_code TEXT NOT NULL REFERENCES countries (code) ON UPDATE CASCADE,
    lat REAL NOT NULL,
    lon REAL NOT NULL,
    PRIMARY KEY (customer_id, address_no)
);

CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    order_no CHAR(9) NOT NULL UNIQUE,
    customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE RESTRICT,
    ship_address_no INTEGER NOT NULL,
    status TEXT NOT NULL DEFAULT 'new'
        CHECK (status IN ('new', 'paid', 'shipped', 'returned', 'it''s complicated')),
    total DECIMAL(14, 4) NOT NULL DEFAULT 0,
    currency CHAR(3) NOT NULL DEFAULT 'EUR',
    ordered_at DATETIME NOT NULL DEFAULT (datetime('now')),
    shipped_at DATETIME,
    note TEXT,
    CHECK (shipped_at IS NULL OR shipped_at >= ordered_at),
    FOREIGN KEY (customer_id, ship_address_no) REFERENCES addresses (customer_id, address_no)
        ON UPDATE CASCADE
);

CREATE TABLE order_items (
    order_id INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    line_no INTEGER NOT NULL,
    product_id INTEGER NOT NULL REFERENCES products (id),
    quantity INTEGER NOT NULL DEFAULT 1 CHECK (quantity > 0),
    unit_price DECIMAL(12, 4) NOT NULL,
    gift_message TEXT,
    line_total DECIMAL(16, 4) GENERATED ALWAYS AS (quantity * unit_price) STORED,
    PRIMARY KEY (order_id, line_no)
) WITHOUT ROWID;

CREATE TABLE payments (
    id TEXT NOT NULL PRIMARY KEY,
    order_id INTEGER NOT NULL REFERENCES orders (id) ON DELETE RESTRICT,
    method TEXT NOT NULL,
    reference TEXT,
    amount DECIMAL(20, 4) NOT NULL CHECK (amount >= 0),
    paid_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    gateway_response JSON,
    UNIQUE (method, reference)
);

CREATE TABLE refunds (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id INTEGER NOT NULL,
    line_no INTEGER NOT NULL,
    amount DECIMAL(12, 4) NOT NULL,
    reason TEXT DEFAULT 'customer said: "it''s broken"',
    refunded_at DATETIME,
    FOREIGN KEY (order_id, line_no) REFERENCES order_items (order_id, line_no)
        ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE TABLE reviews (
    product_id INTEGER NOT NULL REFERENCES products (id) ON DELETE CASCADE,
    customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    rating INTEGER NOT NULL CHECK (rating BETWEEN 1 AND 5),
    title TEXT,
    body TEXT NOT NULL DEFAULT '',
    helpful_ratio FLOAT,
    written_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (product_id, customer_id)
);

CREATE TABLE sessions (
    token BLOB NOT NULL PRIMARY KEY CHECK (length(token) = 16),
    customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    data BLOB NOT NULL,
    user_agent TEXT,
    expires_at DATETIME NOT NULL
) WITHOUT ROWID;

-- No key at all, and rows that come twice.
CREATE TABLE audit_log (
    happened_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    actor TEXT,
    action TEXT NOT NULL,
    details TEXT
);

CREATE TABLE settings (
    "key" TEXT NOT NULL PRIMARY KEY,
    "value" TEXT,
    "order" INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE "Gift Cards" (
    "Card No" TEXT NOT NULL PRIMARY KEY,
    "Group" TEXT NOT NULL,
    "select" INTEGER NOT NULL DEFAULT 0,
    "user" INTEGER REFERENCES customers (id) ON DELETE SET NULL ON UPDATE CASCADE,
    "Balance" DECIMAL(12, 4) NOT NULL CHECK ("Balance" >= 0),
    "größe" TEXT DEFAULT 'groß'
);

CREATE TABLE text_samples (
    id INTEGER PRIMARY KEY,
    label TEXT NOT NULL UNIQUE,
    sample TEXT
);

CREATE TABLE wishlists (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER REFERENCES customers (id),
    title TEXT
);
