-- The shop as a MariaDB application would have it. Rows come from shopgen's generators.

CREATE TABLE countries (
    code CHAR(2) NOT NULL PRIMARY KEY,
    name VARCHAR(80) NOT NULL,
    CONSTRAINT code_has_two_letters CHECK (CHAR_LENGTH(code) = 2)
) ENGINE=InnoDB COMMENT='ISO 3166-1 "alpha-2"; don''t edit';

CREATE TABLE categories (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    parent_id INT UNSIGNED NULL,
    name VARCHAR(80) NOT NULL,
    slug VARCHAR(80) CHARACTER SET ascii COLLATE ascii_general_ci NOT NULL,
    sort_order SMALLINT NOT NULL DEFAULT 0,
    UNIQUE KEY slug (slug),
    UNIQUE KEY parent_name (parent_id, name),
    CONSTRAINT categories_parent FOREIGN KEY (parent_id) REFERENCES categories (id) ON DELETE CASCADE
) ENGINE=InnoDB;

CREATE TABLE products (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    sku VARCHAR(20) NOT NULL COMMENT 'printed on the box; looks like ''ABC-000001''',
    category_id INT UNSIGNED NOT NULL DEFAULT 25,
    name VARCHAR(120) NOT NULL,
    description MEDIUMTEXT,
    price DECIMAL(12, 4) NOT NULL CHECK (price > 0),
    weight_kg DOUBLE,
    attributes JSON NOT NULL DEFAULT '{}',
    barcode BIGINT,
    in_stock INT NOT NULL DEFAULT 0,
    discontinued_on DATE,
    sku_prefix CHAR(3) GENERATED ALWAYS AS (LEFT(sku, 3)) STORED,
    price_with_tax DECIMAL(14, 6) GENERATED ALWAYS AS (price * 1.19) VIRTUAL,
    UNIQUE KEY sku (sku),
    KEY by_name (name, price DESC),
    KEY by_description (description(20)),
    KEY by_tax_price (price_with_tax),
    FULLTEXT KEY words (name, description),
    CONSTRAINT `stock isn't negative` CHECK (in_stock >= 0),
    CONSTRAINT products_category FOREIGN KEY (category_id) REFERENCES categories (id)
) ENGINE=InnoDB;

CREATE TABLE product_images (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    product_id INT UNSIGNED NOT NULL,
    position TINYINT UNSIGNED NOT NULL DEFAULT 1,
    mime_type VARCHAR(40) NOT NULL DEFAULT 'image/png',
    content MEDIUMBLOB,
    UNIQUE KEY product_position (product_id, position),
    FOREIGN KEY (product_id) REFERENCES products (id) ON DELETE CASCADE
) ENGINE=InnoDB;

-- customers and addresses point at each other; the second key is added when both have their rows.
CREATE TABLE customers (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    email VARCHAR(190) NOT NULL COMMENT 'unique without regard to case: "A@b" is "a@B"',
    full_name VARCHAR(200) NOT NULL,
    nickname VARCHAR(60) DEFAULT NULL,
    phone VARCHAR(32) DEFAULT 'NULL',
    birth_date DATE,
    credit_limit DECIMAL(14, 4) NOT NULL DEFAULT 500.0000,
    loyalty_points MEDIUMINT UNSIGNED NOT NULL DEFAULT 0,
    newsletter TINYINT(1) NOT NULL DEFAULT 0,
    preferences JSON,
    default_address_no INT,
    referred_by BIGINT UNSIGNED,
    created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    UNIQUE KEY email (email),
    KEY by_name (full_name),
    CONSTRAINT points_low CHECK (loyalty_points >= 0),
    CONSTRAINT customers_referrer FOREIGN KEY (referred_by) REFERENCES customers (id) ON DELETE SET NULL
) ENGINE=InnoDB AUTO_INCREMENT=900000000;

CREATE TABLE addresses (
    customer_id BIGINT UNSIGNED NOT NULL,
    address_no INT NOT NULL,
    label VARCHAR(40),
    street VARCHAR(120) NOT NULL,
    city VARCHAR(80) NOT NULL,
    postcode VARCHAR(12) NOT NULL,
    country_code CHAR(2) NOT NULL,
    lat DOUBLE NOT NULL,
    lon DOUBLE NOT NULL,
    PRIMARY KEY (customer_id, address_no),
    KEY by_country (country_code, city, postcode),
    CONSTRAINT addresses_customer FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE,
    CONSTRAINT addresses_country FOREIGN KEY (country_code) REFERENCES countries (code) ON UPDATE CASCADE
) ENGINE=InnoDB;

CREATE TABLE orders (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    order_no CHAR(9) NOT NULL,
    customer_id BIGINT UNSIGNED NOT NULL,
    ship_address_no INT NOT NULL,
    status ENUM('new', 'paid', 'shipped', 'returned', 'it''s complicated') NOT NULL DEFAULT 'new',
    total DECIMAL(14, 4) NOT NULL DEFAULT 0,
    currency CHAR(3) NOT NULL DEFAULT 'EUR',
    ordered_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    shipped_at DATETIME,
    note TEXT,
    UNIQUE KEY order_no (order_no),
    KEY by_customer (customer_id, ordered_at DESC),
    CONSTRAINT shipped_later CHECK (shipped_at IS NULL OR shipped_at >= ordered_at),
    CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE RESTRICT,
    CONSTRAINT orders_address FOREIGN KEY (customer_id, ship_address_no)
        REFERENCES addresses (customer_id, address_no)
) ENGINE=InnoDB AUTO_INCREMENT=900000000;

CREATE TABLE order_items (
    order_id BIGINT UNSIGNED NOT NULL,
    line_no SMALLINT UNSIGNED NOT NULL,
    product_id INT UNSIGNED NOT NULL,
    quantity INT NOT NULL DEFAULT 1 CHECK (quantity > 0),
    unit_price DECIMAL(12, 4) NOT NULL,
    gift_message VARCHAR(200),
    line_total DECIMAL(22, 4) GENERATED ALWAYS AS (quantity * unit_price) STORED,
    PRIMARY KEY (order_id, line_no),
    KEY by_product (product_id),
    CONSTRAINT items_order FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE,
    CONSTRAINT items_product FOREIGN KEY (product_id) REFERENCES products (id)
) ENGINE=InnoDB;

CREATE TABLE payments (
    id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    order_id BIGINT UNSIGNED NOT NULL,
    method ENUM('card', 'transfer', 'voucher', 'cash, in person') NOT NULL,
    reference VARCHAR(40),
    amount DECIMAL(20, 4) NOT NULL CHECK (amount >= 0),
    paid_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
    gateway_response JSON,
    UNIQUE KEY method_reference (method, reference),
    KEY by_order (order_id),
    CONSTRAINT payments_order FOREIGN KEY (order_id) REFERENCES orders (id)
) ENGINE=InnoDB;

CREATE TABLE refunds (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    order_id BIGINT UNSIGNED NOT NULL,
    line_no SMALLINT UNSIGNED NOT NULL,
    amount DECIMAL(12, 4) NOT NULL,
    reason VARCHAR(200) DEFAULT 'customer said: "it''s broken" \\ \'again\'',
    refunded_at DATETIME,
    CONSTRAINT refunds_item FOREIGN KEY (order_id, line_no) REFERENCES order_items (order_id, line_no)
        ON DELETE CASCADE ON UPDATE CASCADE
) ENGINE=InnoDB;

CREATE TABLE reviews (
    product_id INT UNSIGNED NOT NULL,
    customer_id BIGINT UNSIGNED NOT NULL,
    rating TINYINT NOT NULL,
    title VARCHAR(120),
    body TEXT NOT NULL DEFAULT '',
    helpful_ratio FLOAT,
    written_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (product_id, customer_id),
    KEY by_customer (customer_id),
    CONSTRAINT one_to_five CHECK (rating BETWEEN 1 AND 5),
    FOREIGN KEY (product_id) REFERENCES products (id) ON DELETE CASCADE,
    FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE
) ENGINE=InnoDB;

CREATE TABLE sessions (
    token BINARY(16) NOT NULL PRIMARY KEY,
    customer_id BIGINT UNSIGNED NOT NULL,
    data VARBINARY(255) NOT NULL,
    user_agent VARCHAR(200),
    expires_at DATETIME(6) NOT NULL,
    KEY by_expiry (expires_at),
    FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE
) ENGINE=InnoDB;

-- No key at all, and rows that come twice.
CREATE TABLE audit_log (
    happened_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
    actor VARCHAR(60),
    action VARCHAR(40) NOT NULL,
    details TEXT,
    KEY by_time (happened_at)
) ENGINE=InnoDB;

CREATE TABLE settings (
    `key` VARCHAR(60) NOT NULL PRIMARY KEY,
    `value` TEXT,
    `order` INT NOT NULL DEFAULT 0
) ENGINE=InnoDB COMMENT='line one
line two, with a \\ and a ''quote''';

CREATE TABLE `Gift Cards` (
    `Card No` VARCHAR(20) NOT NULL PRIMARY KEY,
    `Group` VARCHAR(20) NOT NULL,
    `select` TINYINT(1) NOT NULL DEFAULT 0,
    `user` BIGINT UNSIGNED,
    `Balance` DECIMAL(12, 4) NOT NULL CHECK (`Balance` >= 0),
    `größe` ENUM('klein', 'groß') DEFAULT 'groß',
    KEY `gift cards' users` (`user`, `Group` DESC),
    FOREIGN KEY (`user`) REFERENCES customers (id) ON DELETE SET NULL
) ENGINE=InnoDB;

CREATE TABLE text_samples (
    id INT NOT NULL PRIMARY KEY,
    label VARCHAR(80) NOT NULL,
    sample LONGTEXT,
    UNIQUE KEY label (label)
) ENGINE=InnoDB;

CREATE TABLE wishlists (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    customer_id BIGINT UNSIGNED,
    title VARCHAR(100),
    FOREIGN KEY (customer_id) REFERENCES customers (id)
) ENGINE=InnoDB AUTO_INCREMENT=78;
