{
    "name": "Customer Continuity",
    "summary": "Never lose a customer at the seams: handovers, wind-downs, "
    "factoring and follow-up",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "Customer Continuity contributors",
    "license": "LGPL-3",
    "depends": ["sale_crm", "account", "calendar"],
    "data": [
        "security/continuity_security.xml",
        "security/ir.model.access.csv",
    ],
    "application": True,
}
