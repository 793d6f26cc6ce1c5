-- migrate:up
CREATE TABLE orders (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  isbn text NOT NULL REFERENCES books (isbn),
  quantity integer NOT NULL CHECK (quantity > 0),
  customer text NOT NULL CHECK (customer <> ''),
  goods_cents integer NOT NULL CHECK (goods_cents >= 0),
  total_cents integer NOT NULL CHECK (total_cents >= 0),
  -- The same key again is the same order, however often a customer presses the button.
  idempotency_key text NOT NULL UNIQUE,
  -- What was asked for under that key, so that the key cannot stand for something else later.
  request_digest text NOT NULL,
  placed_at timestamptz NOT NULL DEFAULT now()
);

-- migrate:down
DROP TABLE orders;
