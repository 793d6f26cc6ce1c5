Feature: Vouchers and delivery
  A voucher makes an order cheaper, and what delivery costs depends on the country.

  Scenario: A voucher takes its share off
    When "Grace" orders 2 copies of "9780060883287" with the voucher "reader10"
    Then the order is placed
    And the discount is 3.60
    And the total is 35.28

  Scenario: Delivery is free from 50.00 on
    When "Grace" orders 3 copies of "9780060883287"
    Then the order is placed
    And the goods cost 53.97 and the delivery 0.00

  Scenario: Delivery depends on the country
    When "Grace" orders 1 copy of "9780141439518" to "US"
    Then the order is placed
    And the goods cost 8.99 and the delivery 14.90

  Scenario: A country where nobody delivers
    When "Grace" orders 1 copy of "9780141439518" to "AQ"
    Then the answer is 422
    And the fault is in "country"

  Scenario Outline: Vouchers that the shop refuses
    When "Grace" orders 1 copy of "9780141439518" with the voucher "<voucher>"
    Then the answer is 422
    And the fault is in "voucher"

    Examples:
      | voucher    |
      | NOSUCH     |
      | SUMMER2025 |
      | SHELF25    |
