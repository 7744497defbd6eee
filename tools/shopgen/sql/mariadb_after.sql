-- The second key of the cyclic pair, then what reads or writes by itself.

ALTER TABLE customers ADD CONSTRAINT customers_default_address
    FOREIGN KEY (id, default_address_no) REFERENCES addresses (customer_id, address_no);

CREATE VIEW order_totals AS
SELECT o.id, o.order_no, c.full_name, SUM(i.line_total) AS items_total, o.total
FROM orders o JOIN customers c ON c.id = o.customer_id JOIN order_items i ON i.order_id = o.id
GROUP BY o.id, o.order_no, c.full_name, o.total;

CREATE VIEW `Best Sellers` AS
SELECT p.sku, p.name, SUM(i.quantity) AS sold
FROM order_items i JOIN products p ON p.id = i.product_id
GROUP BY p.id, p.sku, p.name ORDER BY sold DESC LIMIT 10;

CREATE TRIGGER orders_status_log AFTER UPDATE ON orders FOR EACH ROW
BEGIN
    IF OLD.status <> NEW.status THEN
        INSERT INTO audit_log (actor, action, details)
        VALUES (NULL, 'status; changed', CONCAT(OLD.order_no, ': ', OLD.status, ' -> ', NEW.status));
    END IF;
END;

CREATE FUNCTION with_tax(net DECIMAL(12, 4)) RETURNS DECIMAL(14, 6) DETERMINISTIC RETURN net * 1.19;
