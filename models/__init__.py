from . import continuity_guarded_mixin
