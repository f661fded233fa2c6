"""``python -m kangqiao``."""

from kangqiao.cli.main import main

if __name__ == "__main__":  # the simulator's processes import this module again
    main()
