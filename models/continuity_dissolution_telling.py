"""How each customer hears of a dissolution (D3, D5): who speaks to them first, which
letter follows, and when they count as told."""

from odoo import Command, fields, models
from odoo.exceptions import UserError

from .continuity_obligation_items import MONEY_OWED

LETTER = "customer_continuity.letter_dissolution_%s"


class ContinuityDissolutionCustomer(models.Model):
    """What the contact policy owes a customer of a campaign.

    * Whoever has a step of meetings only, such as a key account, is told once such a
      meeting was held; their letter confirms it and is not released before.
    * Whoever is still owed something is spoken to before any letter is released.
    * Everybody else is told once every required step is done, such as mail and call
      on the same day.

    Letters are written by segment; a customer who is a creditor gets the statutory
    notice besides.
    """

    _inherit = "continuity.dissolution.customer"

    contact_ids = fields.Many2many(
        "res.partner",
        "continuity_dissolution_customer_contact_rel",
        string="People to Tell",
        domain="[('id', 'child_of', partner_id)]",
        help="Empty: whoever answers at the company.",
    )

    # === PLANNING === #

    def _plan_touchpoints(self):
        result = super()._plan_touchpoints()
        lines = self.filtered("relationship_id")
        steps_model = self.env["continuity.policy.step"]
        values = []
        for key, group in lines.grouped(lambda x: (x.tier_id, x.segment)).items():
            steps = _distinct(steps_model._steps_for("dissolution", *key))
            for line in group:
                values += line._prepare_telling_values(steps)
        touchpoints = self.env["continuity.touchpoint"]._plan_again(values)
        touchpoints |= lines._plan_creditor_notices()
        # Inserted at once, past the cache.
        lines.invalidate_recordset(["touchpoint_ids"])
        today = fields.Date.today()
        touchpoints.filtered(lambda t: t.date_show <= today)._show()
        return result

    def _speaker(self):
        """Return who speaks to this customer: as the line says, else who has the
        segment in the task force, else who leads it.

        :rtype: res.users
        """
        self.ensure_one()
        campaign = self.dissolution_id
        members = campaign.member_ids.filtered(lambda m: m.role == self.segment)
        people = self.user_id | members.user_id | campaign._lead()
        return people.filtered("active")[:1] or campaign._lead()

    def _prepare_telling_values(self, steps):
        """Return the touchpoints of the policy's steps, worded for who makes them;
        where a policy has none, of one letter.

        :param steps: ``continuity.policy.step``
        :rtype: list[dict]
        """
        self.ensure_one()
        if not steps:
            return [
                self._prepare_telling(
                    "tell:0",
                    self._letter_channels(),
                    0,
                    letter=self._letter_code(steps),
                )
            ]
        letter = self._letter_code(steps)
        return [
            self._prepare_telling(
                f"tell:{step.id}",
                step._ordered_channels(),
                step.offset_days,
                letter=letter,
                attendee_ids=[
                    Command.set(
                        (self.dissolution_id._lead() - self._speaker()).ids
                        if step.manager_attends
                        else []
                    )
                ],
            )
            for step in steps
        ]

    def _letter_channels(self):
        """Return e-mail and letter, first the one there is an address for."""
        mail = self.env.ref("customer_continuity.channel_email")
        paper = self.env.ref("customer_continuity.channel_letter")
        recipient = self.contact_ids[:1] or self.partner_id
        if (recipient.email or self.partner_id.email) or not recipient.street:
            return mail + paper
        return paper + mail

    def _prepare_telling(self, occurrence, channels, days, letter=None, **values):
        """Return one touchpoint by which this customer is told.

        :param str occurrence: see ``continuity.touchpoint``
        :param channels: accepted ``continuity.channel``, the proposed one first
        :param int days: calendar days after today
        :param str letter: code of a shipped letter, where it is one
        :param values: further values
        :rtype: dict
        """
        self.ensure_one()
        speaker = self._speaker()
        line = self.with_context(lang=speaker.lang)
        campaign = self.dissolution_id
        due = fields.Date.add(campaign._local_today(), days=days)
        written = channels[:1].written and letter
        letter_values = self._prepare_letter_values(letter) if written else {}
        name = (
            line.env._("Notice of dissolution: %s", self.display_name)
            if written
            else line.env._("Tell about the dissolution: %s", self.display_name)
        )
        return self._prepare_touchpoint_values(
            occurrence,
            channels,
            name=name,
            purpose="dissolution",
            user_id=speaker.id,
            contact_ids=[Command.set(self.contact_ids.ids)],
            date_due=due,
            date_show=campaign._local_today() if channels[:1].is_meeting else due,
            why=line.env._(
                "%(campaign)s: %(segment)s. %(reason)s",
                campaign=campaign.name,
                segment=dict(
                    self._fields["segment"]._description_selection(line.env)
                ).get(self.segment, ""),
                reason=" ".join((self.segment_reason or "").split()),
            ).strip(),
            opening=line.env._(
                "I want you to hear this from me: %s", campaign.customer_reason or ""
            ),
            **letter_values,
            **values,
        )

    def _letter_code(self, steps=None):
        """Return which notice this customer gets: after a talk the one that confirms
        it, else that of the segment.

        :param steps: ``continuity.policy.step`` of this customer, if known
        :rtype: str
        """
        self.ensure_one()
        if steps is None:
            steps = self.env["continuity.policy.step"]._steps_for(
                "dissolution", self.tier_id, self.segment
            )
        if any(is_talk(step) for step in steps):
            return "met"
        return self.segment or "settled"

    def _prepare_letter_values(self, code):
        """Return what makes a touchpoint of this line a letter.

        :param str code: of a shipped letter
        :rtype: dict
        """
        template = self.env.ref(LETTER % code, raise_if_not_found=False)
        owner = self.dissolution_id.owner_id
        return {
            "template_id": template and template.id,
            "cosigner_id": (owner - self._speaker()).filtered("active").id,
        }

    def _plan_creditor_notices(self):
        """Plan the statutory notice to creditors for those who are (D4): besides the
        letter, by the day the law sets.

        :rtype: continuity.touchpoint
        """
        lines = self.filtered("relationship_id")._creditors()
        values = [line._prepare_creditor_values() for line in lines]
        return self.env["continuity.touchpoint"]._plan_again(values)

    def _creditors(self):
        """Return those of these customers who paid in advance or have a credit, by the
        books now, read for all of them at once.

        :rtype: continuity.dissolution.customer
        """
        rows = self.sudo()._open_rows()
        return self.filtered(
            lambda line: any(row["kind"] in MONEY_OWED for row in rows[line.id])
        )

    def _prepare_creditor_values(self):
        """Return the touchpoint of the creditor notice."""
        campaign = self.dissolution_id
        code = (campaign.jurisdiction_id.code or "").lower().replace("-", "_")
        letter = f"creditor_{code}"
        if not self.env.ref(LETTER % letter, raise_if_not_found=False):
            letter = "creditor"
        values = self._prepare_telling(
            "creditor", self._letter_channels(), 0, letter=letter
        )
        bound = campaign._date_of("creditors_notified")
        speaker = self._speaker()
        return {
            **values,
            "name": self.with_context(lang=speaker.lang).env._(
                "Creditor notice: %s", self.display_name
            ),
            "date_due": max(bound, values["date_due"]) if bound else values["date_due"],
        }

    # === TOLD === #

    def _touchpoint_done(self, touchpoints):
        result = super()._touchpoint_done(touchpoints)
        self._update_telling()
        self._plan_apology_letters(touchpoints)
        return result

    def _touchpoint_reopened(self, touchpoints):
        result = super()._touchpoint_reopened(touchpoints)
        self._update_telling(touchpoints)
        return result

    def _touchpoint_called_off(self, touchpoints):
        """Whoever speaks to a customer does not decide that they hear of nothing.

        :raise UserError: always
        """
        raise UserError(
            self.env._(
                "“%s” belongs to a dissolution campaign: its approver decides there "
                "whether the customer is left out.",
                touchpoints[0].name,
            )
        )

    def _update_telling(self, without=None):
        """Bring up to date when these customers were spoken to and told.

        :param without: ``continuity.touchpoint`` that count as not done
        """
        for line in self.sudo():
            contacts = line.touchpoint_ids - (without or line.touchpoint_ids.browse())
            spoken = line._spoken_on(contacts)
            told = line._told_on(contacts)
            values = {"spoken_on": spoken, "told_on": told}
            if told and line.state == "planned":
                values["state"] = "told"
            elif not told and line.state == "told":
                values["state"] = "planned"
            line.write(values)

    def _spoken_on(self, contacts):
        """Return when somebody first spoke to this customer: a visit, video meeting or
        call that was held.

        :param contacts: ``continuity.touchpoint`` of this line
        """
        talks = contacts.filtered(lambda t: t.state == "done").attempt_ids.filtered(
            lambda a: (
                a.outcome == "held"
                and a.channel_id.true_contact
                and not a.channel_id.written
            )
        )
        return min(talks.mapped("date"), default=False)

    def _told_on(self, contacts):
        """Return when this customer had heard it the way the policy requires, or
        False while they have not.

        :param contacts: ``continuity.touchpoint`` of this line
        """
        telling = contacts.filtered(
            lambda t: t.occurrence.startswith("tell:") and t.state != "cancelled"
        )
        done = telling.filtered(lambda t: t.state == "done")
        meetings = done.attempt_ids.filtered(
            lambda a: a.outcome == "held" and a.channel_id.is_meeting
        )
        steps = self._steps_of(telling)
        if any(is_talk(step) for step in steps):
            return min(meetings.mapped("date"), default=False)
        optional = {
            f"tell:{step.id}" for step in steps.filtered(lambda s: not s.required)
        }
        required = (
            telling.filtered(lambda t: t.occurrence.partition("/")[0] not in optional)
            or telling
        )
        if not required or required - done:
            return False
        return max(required.mapped("date_done"))

    def _steps_of(self, touchpoints):
        """Return the policy steps that contacts were planned for.

        :param touchpoints: ``continuity.touchpoint``
        :rtype: continuity.policy.step
        """
        # What a merge of customers brought ends in the id of its former line.
        ids = [
            int(t.occurrence.partition(":")[2].partition("/")[0]) for t in touchpoints
        ]
        return self.env["continuity.policy.step"].browse(filter(None, ids)).exists()

    def _plan_apology_letters(self, touchpoints):
        """After the call that apologised for telling somebody late, plan the letter
        that repeats it."""
        lines = self.browse(
            t.origin_id for t in touchpoints if t.occurrence == "apology"
        ).sudo()
        self.env["continuity.touchpoint"]._plan(
            [
                line._prepare_telling(
                    "apology:letter", line._letter_channels(), 1, letter="apology"
                )
                for line in lines
            ]
        )


def _distinct(steps):
    """Return steps without the calls that a talk owed to the segment saves.

    :param steps: ``continuity.policy.step``, those of the segment first
    """

    def is_saved(step):
        return not any(step.channel_ids.mapped("written")) and any(
            first.segment
            and first.required
            and first.offset_days == step.offset_days
            and step.channel_ids <= first.channel_ids
            for first in steps
        )

    return steps.filtered(lambda step: step.segment or not is_saved(step))


def is_talk(step):
    """Tell whether a step is satisfied by meetings only, and required."""
    channels = step.channel_ids
    return bool(step.required and channels and all(channels.mapped("is_meeting")))
