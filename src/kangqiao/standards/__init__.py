"""What institutions must send: datasets, fields, value sets, rules and profiles, as data, and the reader of them."""
