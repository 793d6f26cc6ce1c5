Feature: Ordering books
  A customer orders copies of a book, once, and can read the order again.

  Scenario: An order is confirmed with its price
    When "Ada" orders 2 copies of "9780141439518"
    Then the order is placed
    And the goods cost 17.98 and the delivery 2.90
    And the total is 20.88

  Scenario: An order can be read again
    Given "Ada" has ordered 1 copy of "9780141441146"
    When I read that order
    Then it is the same order

  Scenario: Pressing the button twice orders once
    Given "Ada" has ordered 1 copy of "9780141441146"
    When the same order is sent again
    Then the answer is 200
    And it is the same order

  Scenario: A key stands for one order only
    Given "Ada" has ordered 1 copy of "9780141441146"
    When another order is sent under the same key
    Then the answer is 409

  Scenario: Orders are found by how the customer's name begins
    Given "Zoë" has ordered 1 copy of "9780141441146"
    And "Zoë" has ordered 3 copies of "9780141439600"
    When I search for the orders of "zoë"
    Then I find 2 orders, the newest first

  Scenario Outline: Orders that the shop refuses
    When "<customer>" orders <quantity> copies of "<isbn>"
    Then the answer is 422
    And the fault is in "<field>"

    Examples:
      | customer | quantity | isbn          | field    |
      | Ada      | 0        | 9780141439518 | quantity |
      | Ada      | 21       | 9780141439518 | quantity |
      | Ada      | 1        | 978014143     | isbn     |
      | Ada      | 1        | 9780000000000 | isbn     |

  Scenario: An order needs a key
    When an order is sent without a key
    Then the answer is 400
