"""``python -m jupyter_eventlog.cli``."""

import sys

from . import main

sys.exit(main())
