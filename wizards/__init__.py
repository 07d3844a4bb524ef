from . import continuity_tier_lock
from . import continuity_reason_wizard
from . import continuity_report_contact
from . import continuity_handover_wizard
from . import continuity_concern_told
