from __future__ import annotations

import naslib.search_spaces

assert naslib.search_spaces
