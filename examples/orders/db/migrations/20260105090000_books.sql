-- migrate:up
CREATE TABLE books (
  isbn text PRIMARY KEY CHECK (isbn ~ '^97[89][0-9]{10}$'),
  title text NOT NULL,
  author text NOT NULL,
  price_cents integer NOT NULL CHECK (price_cents > 0)
);

INSERT INTO books (isbn, title, author, price_cents) VALUES
  ('9780141439518', 'Pride and Prejudice', 'Jane Austen', 899),
  ('9780140449136', 'Crime and Punishment', 'Fyodor Dostoevsky', 1299),
  ('9780141439600', 'A Tale of Two Cities', 'Charles Dickens', 799),
  ('9780142437179', 'The Adventures of Huckleberry Finn', 'Mark Twain', 1050),
  ('9780141441146', 'Jane Eyre', 'Charlotte Brontë', 950),
  ('9780060883287', 'One Hundred Years of Solitude', 'Gabriel García Márquez', 1799);

-- migrate:down
DROP TABLE books;
