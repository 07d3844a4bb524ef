from . import export
from . import portal
from . import my_account
from . import invoice_payment
