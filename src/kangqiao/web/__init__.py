"""The web face: settings, root addresses, shell templates, static files."""
