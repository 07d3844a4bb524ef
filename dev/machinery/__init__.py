"""The developer machinery: everything behind ``make`` and ``dev/odoo``."""
