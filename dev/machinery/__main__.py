"""Entry point; written so that even an old Python gets to the clear sentence."""

import os
import sys

OLDEST, NEWEST = (3, 10), (3, 13)

if not OLDEST <= sys.version_info[:2] <= NEWEST:
    sys.exit(
        "customer_continuity: Odoo 19 needs Python 3.10 to 3.13 and this is %d.%d; "
        "name a fitting one with PYTHON=." % sys.version_info[:2]
    )

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from machinery import cli  # noqa: E402

sys.exit(cli.main(sys.argv[1:]))
