"""Addresses that try the server: streams, faults, slowness."""
