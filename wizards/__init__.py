from . import continuity_tier_lock
