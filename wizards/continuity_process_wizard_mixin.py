from odoo import Command, api, fields, models
from odoo.exceptions import UserError


class ContinuityProcessWizardMixin(models.AbstractModel):
    """Draft a document of a process step by step, the last one a preview.

    Nobody is told and nothing happens: the result is a draft. A wizard inherits this,
    says what it drafts (:attr:`_document_model`) and shows (:attr:`_preview_template`),
    defines the selection ``step``, its last one ``preview``, and extends
    :meth:`_check_may_draft`, :meth:`_title`, :meth:`_prepare_draft_values`,
    :meth:`_errors` and :meth:`_prepare_preview`.
    """

    _name = "continuity.process.wizard.mixin"
    _description = "Drafting a Document"
    _inherit = ["continuity.reason.mixin", "continuity.readable.onchange.mixin"]

    # Set by the wizard: the model of the document, and the template of its preview.
    _document_model = None
    _preview_template = None

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    approver_id = fields.Many2one("res.users", domain="[('share', '=', False)]")
    deputy_id = fields.Many2one(
        "res.users",
        domain="[('share', '=', False)]",
        help="May approve in the approver's stead.",
    )
    error_text = fields.Text(compute="_compute_preview")
    warning_text = fields.Text(compute="_compute_preview")
    summary_html = fields.Html(compute="_compute_preview", sanitize=False)

    @api.model
    def _document_selection(self, name):
        """Return the choices of a field of the document.

        :param str name: of the field
        :rtype: list[tuple[str, str]]
        """
        field = self.env[self._document_model]._fields[name]
        return field._description_selection(self.env)

    # === COMPUTES === #

    @api.depends("company_id")
    def _compute_jurisdiction_id(self):
        """For documents that some law governs: propose the one of the company."""
        jurisdictions = self.env["continuity.jurisdiction"]
        for wizard in self:
            country = wizard.company_id.sudo().country_id
            wizard.jurisdiction_id = jurisdictions._for_country(country)

    @api.depends("step")
    def _compute_preview(self):
        for wizard in self:
            wizard.error_text = wizard.warning_text = wizard.summary_html = False
            if wizard.step != "preview":
                continue
            # Also when a client writes the step itself: it tells of the books and of
            # others' work.
            wizard._check_may_draft()
            draft = wizard._draft()
            wizard.error_text = "\n".join(wizard._all_errors(draft)) or False
            wizard.warning_text = "\n".join(wizard._warnings(draft)) or False
            wizard.summary_html = self.env["ir.qweb"]._render(
                self._preview_template,
                wizard._prepare_preview(draft),
                minimal_qcontext=True,
            )

    # === HOOKS === #

    def _check_may_draft(self):
        """Refuse to draft for a company one has not switched to; a wizard adds who may.

        :raise AccessError: for anybody else
        """
        self.company_id._continuity_check_chosen()

    def _title(self):
        """Return the title of the dialog.

        :rtype: str
        """
        raise NotImplementedError

    def _prepare_draft_values(self):
        """Return the values of the draft; a wizard adds its own.

        :rtype: dict
        """
        self.ensure_one()
        approval = {"user_id": self.approver_id.id, "deputy_id": self.deputy_id.id}
        return {
            "company_id": self.company_id.id,
            "customer_reason": self.customer_reason,
            "approval_ids": [Command.create(approval)] if self.approver_id else [],
        }

    def _draft(self, **lines):
        """Return the document as it would be, in memory only, so that its own checks
        serve the wizard too.

        :param lines: values of its lines, which a wizard adds
        """
        values = self._prepare_draft_values()
        return self.env[self._document_model].new({**values, **lines})

    def _errors(self, draft):
        """Return what would keep the document from being drafted and submitted; a
        wizard adds what is missing on its steps.

        :param draft: see :meth:`_draft`
        :rtype: list[str]
        """
        return draft._submission_errors()

    def _all_errors(self, draft):
        return list(dict.fromkeys(self._errors(draft)))

    def _warnings(self, draft):
        """Return what deserves a second look.

        :param draft: see :meth:`_draft`
        :rtype: list[str]
        """
        return self._reason_warnings()

    def _prepare_preview(self, draft):
        """Return what the preview shows.

        :param draft: see :meth:`_draft`
        :rtype: dict
        """
        raise NotImplementedError

    def _create_document(self, **lines):
        """Create the document as it was previewed.

        :param lines: values of its lines, which a wizard adds
        :return: it
        """
        values = self._prepare_draft_values()
        return self.env[self._document_model].create({**values, **lines})

    # === STEPS === #

    def _steps(self):
        """Return the steps in their order; a wizard may leave some out.

        :rtype: list[str]
        """
        return [key for key, _label in self._fields["step"].selection]

    def _next(self, errors):
        """Go to the next step.

        :param list[str] errors: what is missing on this one
        :raise UserError: listing them
        """
        self.ensure_one()
        if errors:
            raise UserError("\n".join(errors))
        steps = self._steps()
        self.step = steps[min(steps.index(self.step) + 1, len(steps) - 1)]

    def action_back(self):
        """Go back one step; what was edited is kept."""
        self.ensure_one()
        steps = self._steps()
        self.step = steps[max(steps.index(self.step) - 1, 0)]
        return self._reopen()

    def action_create_draft(self):
        """Create the draft and open it.

        :raise UserError: listing all errors of the preview
        :raise AccessError: for who may not draft it
        """
        self.ensure_one()
        self._check_may_draft()
        if errors := self._all_errors(self._draft()):
            raise UserError("\n".join(errors))
        document = self._create_document()
        return {
            "type": "ir.actions.act_window",
            "res_model": document._name,
            "res_id": document.id,
            "view_mode": "form",
            "name": document.name,
        }

    def _reopen(self):
        """Return the action that shows the wizard at its current step."""
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
            "name": self._title(),
            "context": {"dialog_size": "extra-large"},
        }
