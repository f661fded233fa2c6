"""Chinese: Django's own file groups digits by four and without a separator."""
