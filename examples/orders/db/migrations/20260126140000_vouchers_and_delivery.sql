-- Safe for the release before it: that one neither names nor needs the new columns.
-- migrate:up
CREATE TABLE vouchers (
  code text PRIMARY KEY CHECK (code = upper(code)),
  percent_off integer NOT NULL CHECK (percent_off BETWEEN 1 AND 100),
  minimum_cents integer NOT NULL DEFAULT 0 CHECK (minimum_cents >= 0),
  valid_until timestamptz
);

CREATE TABLE delivery_rates (
  country text PRIMARY KEY CHECK (country ~ '^[A-Z]{2}$'),
  cents integer NOT NULL CHECK (cents >= 0)
);

INSERT INTO vouchers (code, percent_off, minimum_cents, valid_until) VALUES
  ('READER10', 10, 0, NULL),
  ('SHELF25', 25, 4000, NULL),
  ('SUMMER2025', 15, 0, '2025-09-01T00:00:00Z');

INSERT INTO delivery_rates (country, cents) VALUES
  ('DE', 290), ('AT', 390), ('CH', 690), ('FR', 490), ('GB', 790), ('IE', 690), ('PL', 490),
  ('SE', 590), ('US', 1490), ('IN', 1290), ('JP', 1490), ('CN', 1490);

ALTER TABLE orders
  ADD COLUMN voucher text REFERENCES vouchers (code),
  ADD COLUMN country text REFERENCES delivery_rates (country),
  ADD COLUMN discount_cents integer NOT NULL DEFAULT 0,
  ADD COLUMN delivery_cents integer NOT NULL DEFAULT 0;

-- migrate:down
ALTER TABLE orders
  DROP COLUMN delivery_cents,
  DROP COLUMN discount_cents,
  DROP COLUMN country,
  DROP COLUMN voucher;
DROP TABLE delivery_rates;
DROP TABLE vouchers;
