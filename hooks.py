def post_init_hook(env):
    """Give every company thresholds and required items, and every customer their
    relationship, so that the app has something to show on the first day."""
    companies = env["res.company"].search([])
    tiers = env["continuity.tier"]
    items = env["continuity.profile.item"].search([])
    for company in companies:
        # Data files write the thresholds of the installing company only.
        if company != env.company:
            tiers._copy_thresholds(env.company, company)
        company.continuity_profile_item_ids = items
        env["continuity.relationship"]._refresh(company)
