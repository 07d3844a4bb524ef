"""How each customer hears of a factoring agreement (X5): a talk where one is owed, the
courtesy letter, the notice, in that order."""

from odoo import Command, api, fields, models

# Contacts of a customer, in their order.
TALK, COURTESY, NOTICE = "talk", "courtesy", "notice"
RELEASE, UPDATE = "release", "update"
# In these a customer has still to hear something.
TO_TELL = ("planned", "told")
# After the courtesy letter, where the policy names no day for the notice.
NOTICE_DAYS = 7


def kind_in(occurrence):
    """Return which contact of a customer an occurrence is: what stands before the day
    of an update, and before the id of a former line where customers were merged.

    :param str occurrence: such as ``notice``, ``notice:again``, ``notice/17``
    :rtype: str
    """
    return occurrence.partition("/")[0].partition(":")[0]


def kind_of(touchpoint):
    """Return which contact of a customer a touchpoint is, see :func:`kind_in`."""
    return kind_in(touchpoint.occurrence)


class ContinuityFactoringDebtor(models.Model):
    """What the contact policy of the purpose *factoring* owes a customer.

    * The first step without writing is the talk, for whom *In Person First* is set.
    * The first written step is the courtesy letter, the second one the notice.

    Nothing is planned for customers of confidential agreements, before everybody
    inside has been told, or without a valid contract review; the reason is kept, and
    the scheduler tries again.
    """

    _inherit = "continuity.factoring.debtor"

    _planning_cron = "customer_continuity.cron_factoring_planning"
    _to_plan = models.Index("(id) WHERE to_plan")

    contact_ids = fields.Many2many(
        "res.partner",
        "continuity_factoring_debtor_contact_rel",
        string="People to Tell",
        domain="[('id', 'child_of', partner_id)]",
        help="Empty: whoever answers at the company.",
    )

    # === WHO === #

    @api.model_create_multi
    def create(self, vals_list):
        debtors = super().create(vals_list)
        debtors.sudo()._complete()
        for agreement, lines in debtors.sudo().grouped("factoring_id").items():
            agreement._name_salespeople()
            if agreement.state == "running":
                lines._plan_contacts()
        return debtors

    def _complete(self):
        """Fill in what the books know of customers just taken in: relationship, tier
        and who speaks to them."""
        for company, debtors in self.grouped("company_id").items():
            relationships = (
                self.env["continuity.relationship"]
                .sudo()
                ._ensure(company, debtors.partner_id)
                .grouped("partner_id")
            )
            for debtor in debtors:
                customer = debtor.partner_id.commercial_partner_id
                relationship = relationships.get(customer)
                values = {}
                if relationship and not debtor.relationship_id:
                    values["relationship_id"] = relationship.id
                if relationship and not debtor.tier_id:
                    values["tier_id"] = relationship.tier_id.id
                if not debtor.user_id:
                    values["user_id"] = debtor._default_speaker(customer).id
                debtor.write(values)

    def _default_speaker(self, customer):
        """Return the customer's salesperson, else who answers questions.

        :param customer: ``res.partner``
        :rtype: res.users
        """
        self.ensure_one()
        user = customer.user_id
        if user.active and not user.share and self.company_id in user.company_ids:
            return user
        return self.factoring_id.contact_id

    def _speaker(self):
        """Return who speaks to this customer and writes to them.

        :rtype: res.users
        """
        self.ensure_one()
        agreement = self.factoring_id
        people = self.user_id | agreement.contact_id | agreement.create_uid
        return people.filtered("active")[:1] or agreement.create_uid

    # === PLANNING === #

    def _plan_touchpoints(self):
        result = super()._plan_touchpoints()
        values = []
        lines = self.sudo()._to_be_told()
        laws = lines._governing_laws()
        # Of thousands of customers few have another tier or law.
        for (tier, _law), group in lines.grouped(
            lambda line: (line.tier_id, laws[line.id])
        ).items():
            steps = group[:1]._telling_steps(tier)
            for line in group:
                values += line._prepare_telling_values(steps)
        touchpoints = self.env["continuity.touchpoint"]._plan_again(values)
        # Inserted at once, past the cache.
        lines.invalidate_recordset(["touchpoint_ids"])
        today = fields.Date.today()
        touchpoints.filtered(lambda t: t.date_show <= today)._show()
        return result

    def _to_be_told(self):
        """Return those of these customers whose contacts can be planned now. The others
        keep the reason; where it may pass, the scheduler tries again.

        :rtype: continuity.factoring.debtor
        """
        ready = self.browse()
        for agreement, lines in self.grouped("factoring_id").items():
            if (
                agreement.kind == "confidential"
                or agreement.state != "running"
                or agreement._internal_open()
            ):
                continue
            lines = lines.filtered(lambda line: line.state in TO_TELL)
            refusals = lines._contract_refusals()
            for line in lines:
                if reason := refusals.get(line.id):
                    line.write({"to_plan": True, "plan_error": reason})
                elif not line.relationship_id:
                    reason = self.env._("Odoo knows no relationship with them.")
                    line.write({"to_plan": True, "plan_error": reason})
                else:
                    ready |= line
        return ready

    def _contract_refusals(self):
        """Return why customers may not be told of an assignment (X2), in words for
        everybody who speaks to them: what their contract says, only who may read its
        review is told (:meth:`_contracts_refusing`).

        :return: reasons by id; of the others nothing
        :rtype: dict[int, str]
        """
        return {
            id_: self._contract_refusal(*found)
            for id_, found in self._contracts_refusing().items()
        }

    def _contract_refusal(self, review, reason):
        if not review:
            return reason
        return self.env._("Their contract does not allow it: its review says why.")

    def _contracts_refusing(self):
        """Return whose contract keeps them from being told.

        :return: the valid review, or an empty one, and what it says, by id
        :rtype: dict[int, tuple]
        """
        refusing = {}
        # Which contracts stand in the way does not depend on who may read them.
        reviews = self.env["continuity.contract.review"].sudo()
        for company, lines in self.sudo().grouped("company_id").items():
            coverage = reviews._coverage(lines.partner_id, company)
            for line in lines:
                customer = line.partner_id.commercial_partner_id
                review, allowed, reason = coverage[customer]
                if not allowed:
                    refusing[line.id] = review, reason
        return refusing

    def _telling_steps(self, tier):
        """Return what the policy of a tier says about the contacts of customers under
        the same law as this one.

        :param tier: ``continuity.tier``
        :return: values of :meth:`_prepare_telling` by kind of contact
        :rtype: dict[str, dict]
        """
        steps = self.env["continuity.policy.step"]._steps_for("factoring", tier)
        spoken = steps.filtered(lambda s: not any(s.channel_ids.mapped("written")))
        written = steps - spoken
        talk, courtesy, notice = spoken[:1], written[:1], written[1:2]
        ref = self.env.ref
        letter = ref("customer_continuity.channel_letter")
        mail = ref("customer_continuity.channel_email")
        talk_channels = self.env["continuity.channel"].union(
            *(
                ref(f"customer_continuity.channel_{name}")
                for name in ("visit", "video", "call")
            )
        )
        steps = {
            TALK: {
                "channels": talk and talk._ordered_channels() or talk_channels,
                "days": talk.offset_days,
                "attends": talk.manager_attends,
            },
            COURTESY: {
                "channels": courtesy and courtesy._ordered_channels() or letter + mail,
                "days": courtesy.offset_days,
            },
            NOTICE: {
                "channels": notice and notice._ordered_channels() or letter + mail,
                "days": notice.offset_days or courtesy.offset_days + NOTICE_DAYS,
            },
        }
        for kind in (COURTESY, NOTICE):
            steps[kind]["template"] = self._factoring_template(kind)
        return steps

    def _prepare_telling_values(self, steps):
        """Return the contacts this customer is owed, in their order. Who wants no
        courtesy letters gets the notice alone.

        :param dict steps: see :meth:`_telling_steps`
        :rtype: list[dict]
        """
        self.ensure_one()
        occurrences = [TALK] * self.in_person
        occurrences += [COURTESY] * (not self.partner_id.continuity_no_courtesy)
        notices = self.touchpoint_ids.filtered(lambda t: kind_of(t) == NOTICE)
        # Of customers merged one had the notice, the other has still to get it.
        is_half = notices and all(t.state == "done" for t in notices)
        occurrences.append(f"{NOTICE}:again" if is_half else NOTICE)
        return [
            self._prepare_telling(occurrence, **steps[kind_in(occurrence)])
            for occurrence in occurrences
        ]

    def _prepare_telling(
        self, occurrence, channels, days=0, attends=False, template=None
    ):
        """Return one contact of this customer, worded for who makes it.

        :param str occurrence: see ``continuity.touchpoint``
        :param channels: accepted ``continuity.channel``, the proposed one first
        :param int days: calendar days after the first customer hears of it
        :param bool attends: whether the first approver is to be there as well
        :param template: ``mail.template`` of a letter
        :rtype: dict
        """
        self.ensure_one()
        agreement = self.factoring_id
        speaker = self._speaker()
        line = self.with_context(lang=speaker.lang)
        today = agreement._local_today()
        due = fields.Date.add(max(today, agreement.tell_from or today), days=days)
        if template is not None:
            channels = self._reachable_first(channels)
        values = {
            "name": line._contact_name(occurrence),
            "purpose": "factoring",
            "user_id": speaker.id,
            "contact_ids": [Command.set(self.contact_ids.ids)],
            "date_due": due,
            # A visit has to be arranged before.
            "date_show": today if occurrence == TALK else due,
            "why": line._contact_why(occurrence),
        }
        if occurrence == TALK:
            manager = agreement.approval_ids[:1].user_id if attends else speaker
            values["attendee_ids"] = [Command.set((manager - speaker).ids)]
            values["opening"] = line.env._(
                "I want you to hear this from me before any letter: %s",
                line.factoring_id.customer_reason or "",
            )
        if template is not None:
            values["template_id"] = template.id
            values["opening"] = line.env._(
                "Read the letter as the customer gets it, then release it."
            )
        return self._prepare_touchpoint_values(occurrence, channels, **values)

    def _reachable_first(self, channels):
        """Return channels of a letter, first one for which there is an address.

        :param channels: ``continuity.channel``
        :rtype: continuity.channel
        """
        recipient = self.contact_ids[:1] or self.partner_id
        mail = recipient.email or self.partner_id.email
        paper = recipient.street or self.partner_id.street
        reachable = channels.filtered(lambda c: paper if c.by_post else mail)
        return reachable | channels

    def _contact_name(self, occurrence):
        """Return the subject colleagues read, in the language of the context."""
        return self.env._(
            "%(contact)s: %(customer)s",
            contact=self._contact_label(kind_in(occurrence)),
            customer=self.display_name,
        )

    def _contact_label(self, kind):
        """Return what kind of contact it is, in the language of the context.

        :param str kind: see :func:`kind_of`
        """
        return {
            TALK: self.env._("Tell in person about factoring"),
            COURTESY: self.env._("Courtesy letter on factoring"),
            NOTICE: self.env._("Notice of assignment"),
            UPDATE: self.env._("How factoring goes"),
            RELEASE: self.env._("Release from factoring"),
        }[kind]

    def _contact_why(self, occurrence):
        """Return why this customer is contacted, in the language of the context; of
        how they pay nothing: not everybody who speaks to customers may know it.

        :param str occurrence: see ``continuity.touchpoint``
        """
        agreement = self.factoring_id
        reason = self.in_person_reason or "" if kind_in(occurrence) == TALK else ""
        return self.env._(
            "%(agreement)s: receivables are assigned to %(factor)s. %(reason)s",
            agreement=agreement.name,
            factor=agreement.factor_id.name,
            reason=reason,
        ).strip()

    # === CHANGES OF MIND === #

    def write(self, vals):
        before = self.filtered("in_person") if "in_person" in vals else self.browse()
        result = super().write(vals)
        if "in_person" in vals:
            (self - before).sudo()._owe_talk()
            (before - self.filtered("in_person")).sudo()._spare_talk()
        return result

    def _owe_talk(self):
        """Plan the talk of customers who are to hear it in person after all."""
        self.filtered(
            lambda line: line.state == "planned" and line.plan_state == "running"
        )._plan_contacts()

    def _spare_talk(self):
        """Cancel the talk of customers who need not hear it in person."""
        self.touchpoint_ids.filtered(lambda t: kind_of(t) == TALK)._cancel(
            self.env._("They need not hear it in person.")
        )
