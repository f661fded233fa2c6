"""Chance that repeats: streams named by what they are for, and hashes of an index."""

from __future__ import annotations

import zlib

import numpy as np

_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def number_of(*names: object) -> int:
    """A stable 32-bit number of some names (Python's own hash differs from run to run)."""
    return zlib.crc32("\x1f".join(map(str, names)).encode())


def stream(seed: int, *names: object) -> np.random.Generator:
    """A random stream of its own for ``names``: drawing from one never moves another."""
    return np.random.Generator(np.random.PCG64([seed, number_of(*names)]))


def hashed(index: np.ndarray, seed: int, purpose: str) -> np.ndarray:
    """One unsigned 64-bit number for each index (splitmix64)."""
    salt = np.uint64((seed * 0x1000193 + number_of(purpose) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF)
    value = (index.astype(np.uint64) + salt) * _STEP
    value = (value ^ (value >> np.uint64(30))) * _MIX_1
    value = (value ^ (value >> np.uint64(27))) * _MIX_2
    return value ^ (value >> np.uint64(31))


def below(index: np.ndarray, seed: int, purpose: str, bound: int) -> np.ndarray:
    """A whole number in 0..bound-1 for each index."""
    return ((hashed(index, seed, purpose) >> np.uint64(11)) % np.uint64(bound)).astype(np.int64)


def share(index: np.ndarray, seed: int, purpose: str) -> np.ndarray:
    """A number in [0, 1) for each index."""
    return (hashed(index, seed, purpose) >> np.uint64(11)).astype(np.float64) / float(1 << 53)
