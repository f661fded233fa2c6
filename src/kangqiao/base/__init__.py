"""Clock, ids, errors, text, money: what every room may use."""
