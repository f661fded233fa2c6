"""Registers of institutions and residents (机构与居民主索引)."""
