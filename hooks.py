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
    models, settings of the whole database, and the names under which other modules
    have registered ours."""
    _release_demo_data(env)
    names = [name for name in env.registry.models if name.startswith("continuity.")]
    env["ir.filters"].with_context(active_test=False).search(
        [("model_id", "in", names)]
    ).unlink()
    env["ir.exports"].search([("resource", "in", names)]).unlink()
    env["ir.config_parameter"].search(
        [("key", "=like", "customer_continuity.%")]
    ).unlink()
    env.cr.execute(
        """DELETE FROM ir_model_data
                 WHERE module <> 'customer_continuity'
                   AND model IN ('ir.model.inherit', 'ir.model.fields.selection',
                                 'ir.model.fields', 'ir.model.constraint')
                   AND name LIKE '%\\_\\_continuity\\_%'"""
    )


def _release_demo_data(env):
    """Let the demo story stay as ordinary data, out of the way of a new one.

    Odoo would try to delete it with the addon and fail on its posted invoices. The
    company and the log-ins have to be unique, so those that stay get their id.
    """
    data = env["ir.model.data"].search(
        [("module", "=", "customer_continuity"), ("name", "=like", "demo\\_%")]
    )
    ids = {
        model: rows.mapped("res_id") for model, rows in data.grouped("model").items()
    }
    for company in env["res.company"].browse(ids.get("res.company", ())).exists():
        company.name = f"{company.name} ({company.id})"
    for user in env["res.users"].browse(ids.get("res.users", ())).exists():
        user._release("Customer Continuity was uninstalled.", env.uid)
        user.write({"login": f"{user.login}-{user.id}", "active": False})
    data.unlink()
