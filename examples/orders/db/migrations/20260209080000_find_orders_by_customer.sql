-- Built beside the traffic: CONCURRENTLY locks no writer out, and therefore runs in no transaction.
-- migrate:up transaction:false
CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_by_customer ON orders (lower(customer) text_pattern_ops, placed_at DESC);

-- migrate:down transaction:false
DROP INDEX CONCURRENTLY IF EXISTS orders_by_customer;
