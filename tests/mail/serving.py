"""The application as gunicorn serves it, with the clock inside: settings come from the environment."""

from __future__ import annotations

from scheduler import create_app

app = create_app()
