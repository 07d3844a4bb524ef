from . import continuity_guarded_mixin

# Kernel: who matters how much, and what they are owed.
from . import continuity_tier
from . import continuity_profile_item
from . import continuity_channel
from . import continuity_policy_step
from . import continuity_relationship
from . import continuity_relationship_refresh
from . import continuity_relationship_merge
from . import continuity_touchpoint
from . import continuity_approval_mixin
from . import continuity_process_mixin
from . import continuity_subject_mixin

# Odoo's own models.
from . import res_company
from . import res_config_settings
from . import res_users
from . import crm_team
from . import res_partner
from . import sale_order
