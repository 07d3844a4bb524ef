from odoo import api, fields, models


class ContinuitySubjectMixin(models.AbstractModel):
    """One customer inside a process: the line its touchpoints come from.

    The kernel calls the ``_touchpoint_*`` hooks of the lines; it knows no process
    by name.
    """

    _name = "continuity.subject.mixin"
    _description = "Customer in a Process"
    _inherit = ["continuity.batch.mixin"]

    partner_id = fields.Many2one(
        "res.partner", string="Customer", index=True, ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", required=True, index=True)
    relationship_id = fields.Many2one(
        "continuity.relationship", index=True, ondelete="set null", readonly=True
    )
    tier_id = fields.Many2one(
        "continuity.tier",
        readonly=True,
        ondelete="set null",
        help="As it was when the line was made; internal, never shown to customers.",
        groups="customer_continuity.group_user",
    )
    touchpoint_ids = fields.One2many(
        "continuity.touchpoint",
        "origin_id",
        domain=lambda self: [("origin_model", "=", self._name)],
        string="Touchpoints",
    )

    @api.model
    def _contact_refusals(self, relationships, purpose):
        """Hook: say which customers may not be contacted for a purpose now, and why.

        The kernel asks every process, through
        ``continuity.relationship._contact_refusals``.

        :param relationships: ``continuity.relationship`` of one or more companies
        :param str purpose: technical value of the policy step's purpose
        :return: reasons for people, by relationship id; of the others nothing
        :rtype: dict[int, str]
        """
        return {}

    def _letter_fact_values(self, touchpoints):
        """Hook: what these lines know that a letter to their customer may say.

        In the language of the context; nothing that only colleagues may know.

        :param touchpoints: ``continuity.touchpoint`` of these lines
        :return: texts by name of the fact (``continuity.touchpoint._letter_facts``),
            by touchpoint id
        :rtype: dict[int, dict[str, str]]
        """
        return {}

    def _letter_obstacles(self, touchpoints):
        """Hook: say what, for these lines, stands in the way of releasing letters.

        :param touchpoints: ``continuity.touchpoint`` of these lines; those that are
            only shown ahead are not saved
        :return: reasons for people, by touchpoint id; of the others nothing
        :rtype: dict[int, list[str]]
        """
        return {}

    def _letter_enclosures(self, touchpoint):
        """Hook: say what is enclosed with a letter besides its template's files.

        :param touchpoint: the ``continuity.touchpoint`` of a letter of this line
        :return: a copy is sent
        :rtype: ir.attachment
        """
        return self.env["ir.attachment"]

    def _touchpoint_done(self, touchpoints):
        """Hook: ``touchpoints`` of these lines reached the customer."""

    def _touchpoint_acknowledged(self, touchpoints):
        """Hook: the customer said on their page that these letters arrived; it means
        no more than that."""

    def _touchpoint_rescheduled(self, touchpoints):
        """Hook: people moved the appointments of ``touchpoints`` in their calendar,
        or deleted the meetings.

        :raise UserError: when the process cannot keep the new time
        """

    def _touchpoint_reopened(self, touchpoints):
        """Hook: ``touchpoints`` of these lines that were done did not reach the
        customer after all, such as a letter that came back."""

    def _touchpoint_taken_back(self, touchpoints):
        """Hook: who reported ``touchpoints`` of these lines, or called them off, takes
        it back the same day; they are put back next.

        :raise UserError: when the process has gone on by what was reported
        """
        ended = touchpoints.filtered(lambda t: t.state in ("done", "cancelled"))
        if ended:
            self._touchpoint_reopened(ended)

    def _touchpoint_called_off(self, touchpoints):
        """Hook: somebody finds ``touchpoints`` of these lines of no use; they are
        cancelled next.

        :raise UserError: when that is for the process to decide
        """

    def _touchpoint_failed(self, touchpoints):
        """Hook: ``touchpoints`` of these lines were given up."""

    def _prepare_touchpoint_values(self, occurrence, channels, **values):
        """Return the values with which this line plans one touchpoint.

        :param str occurrence: what distinguishes it from others of this line
        :param channels: accepted ``continuity.channel``; the first is proposed
        :param values: further values; name, user_id and date_due at least
        :rtype: dict
        """
        self.ensure_one()
        return {
            "origin_model": self._name,
            "origin_id": self.id,
            "occurrence": occurrence,
            "relationship_id": self.relationship_id.id,
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "channel_ids": channels.ids,
            **values,
        }
