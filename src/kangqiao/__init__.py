"""Kangqiao 康桥: the health platform of a city, as one Python package."""
