"""The edge to Telegram: the only place, with the demo, that knows its library."""

import os

# The library warns at each flood-control answer until one says which form `retry_after` shall have; this is its future one.
os.environ.setdefault("PTB_TIMEDELTA", "1")
