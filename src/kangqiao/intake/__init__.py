"""Files and forms in: loads, submissions, receipts, rejected rows (数据接收)."""
