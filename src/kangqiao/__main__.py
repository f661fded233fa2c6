"""``python -m kangqiao``."""

from kangqiao.cli.main import main

main()
