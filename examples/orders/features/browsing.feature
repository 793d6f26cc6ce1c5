Feature: Looking at the shelf
  People and programs see what the shop sells, and programs need not read it twice.

  Scenario: The shelf has books with prices
    When I look at the shelf
    Then the answer is 200
    And the shelf has "Pride and Prejudice" for 8.99 EUR

  Scenario: One book by its number
    When I look up the book "9780141441146"
    Then the answer is 200
    And the book is "Jane Eyre" by "Charlotte Brontë"

  Scenario: A book that the shop does not have
    When I look up the book "9780000000000"
    Then the answer is 404

  Scenario: Who knows the shelf already reads nothing again
    Given I have looked at the shelf
    When I look at the shelf again
    Then the answer is 304
