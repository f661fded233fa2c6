"""Uploads (文件上传): files sent in pieces by the tus protocol, checked, and handed to the ledger."""
