"""The dictionary (数据字典): what institutions must send, and why a row is refused."""
