"""Lets ``python -m server`` do what the console script ``pinhui`` does."""

import sys

from server.cli import main

sys.exit(main())
