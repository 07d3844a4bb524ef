from . import test_handover_cutover
from . import test_handover_tour
from . import test_last_contact
from . import test_relationship_access
from . import test_relationship_merge
from . import test_relationship_refresh
from . import test_settings
from . import test_tiers
