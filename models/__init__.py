# The kernel: what every process rests on.
from . import continuity_guarded_mixin
from . import continuity_tier
from . import continuity_channel
from . import continuity_channel_time
from . import continuity_policy_step
from . import continuity_policy_purposes
from . import continuity_profile_item
from . import continuity_relationship
from . import continuity_relationship_refresh
from . import continuity_relationship_merge
from . import continuity_touchpoint
from . import continuity_touchpoint_attempt
from . import continuity_touchpoint_ladder
from . import continuity_touchpoint_letter
from . import continuity_subject_mixin
from . import continuity_document_mixin
from . import continuity_approval_mixin
from . import continuity_process_mixin
from . import continuity_concern_deadline
from . import continuity_concern
from . import continuity_concern_escalation
from . import continuity_concern_handling
from . import continuity_concern_answer
from . import continuity_concern_customer
from . import continuity_topic
from . import continuity_common_answer
from . import continuity_concern_reuse

# Handover: somebody leaves, the customers stay.
from . import continuity_handover
from . import continuity_handover_approval
from . import continuity_handover_topic
from . import continuity_handover_proposed
from . import continuity_handover_line
from . import continuity_handover_check
from . import continuity_handover_move
from . import continuity_handover_capacity
from . import continuity_handover_proposal
from . import continuity_handover_facts
from . import continuity_handover_result
from . import continuity_handover_movers
from . import continuity_handover_finding
from . import continuity_handover_cutover
from . import continuity_handover_followers
from . import continuity_handover_digest
from . import continuity_handover_partner

# What Odoo's own models get.
from . import calendar_event
from . import crm_team
from . import mail_template
from . import res_company
from . import res_company_working_time
from . import res_config_settings
from . import res_partner
from . import res_users
from . import sale_order
