Feature: Being watched
  Machines ask whether the shop is well and what it did.

  Scenario: The shop is well
    When I ask for "/healthz"
    Then the answer is 200

  Scenario: The shop counts what it does
    Given "Ada" has ordered 1 copy of "9780141441146"
    When I ask for "/metrics"
    Then the answer is 200
    And it is an OpenMetrics text with "http_requests", "http_request_seconds" and "orders_placed"

  Scenario: An address that is not there
    When I ask for "/nowhere"
    Then the answer is 404
