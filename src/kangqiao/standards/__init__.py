"""What institutions must send: datasets, fields, value sets, rules and profiles; and the reader of them."""
