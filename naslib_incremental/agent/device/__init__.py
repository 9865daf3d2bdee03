"""Stand-in: ``resolve_device`` is in the config."""

from naslib_incremental.agent.config import resolve_device

__all__ = ["resolve_device"]
