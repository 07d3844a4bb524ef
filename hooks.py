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


def uninstall_hook(env):
    """Take along what Odoo would leave behind: saved filters and exports on our
    models, and the names under which other modules have registered them."""
    names = [name for name in env.registry.models if name.startswith("continuity.")]
    env["ir.filters"].with_context(active_test=False).search(
        [("model_id", "in", names)]
    ).unlink()
    env["ir.exports"].search([("resource", "in", names)]).unlink()
    env.cr.execute(
        """DELETE FROM ir_model_data
                 WHERE module <> 'customer_continuity'
                   AND model IN ('ir.model.inherit', 'ir.model.fields.selection',
                                 'ir.model.fields', 'ir.model.constraint')
                   AND name LIKE '%\\_\\_continuity\\_%'"""
    )
