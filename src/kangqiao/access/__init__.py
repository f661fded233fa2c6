"""Accounts and rights (账号与权限)."""
