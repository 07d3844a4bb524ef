"""How far a customer of a factoring agreement has been told."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from .continuity_factoring_telling import (
    COURTESY,
    NOTICE,
    RELEASE,
    TALK,
    UPDATE,
    kind_of,
)
from .continuity_touchpoint import OPEN_STATES

# Customers whose state no longer follows their contacts.
SETTLED = ("released", "out")
WAITING = (*OPEN_STATES, "released", "sending", "uncertain")


class ContinuityFactoringDebtor(models.Model):
    """The state of a customer follows from the contacts that reached them: *told* from
    the talk or the courtesy letter, *noticed* from the notice, *acknowledged* from the
    button on their page. One that came back counts no longer."""

    _inherit = "continuity.factoring.debtor"

    # === WHAT HAPPENED TO THE CONTACTS === #

    def _touchpoint_done(self, touchpoints):
        result = super()._touchpoint_done(touchpoints)
        self._update_told(touchpoints)
        return result

    def _touchpoint_acknowledged(self, touchpoints):
        result = super()._touchpoint_acknowledged(touchpoints)
        self._update_told(touchpoints)
        return result

    def _touchpoint_reopened(self, touchpoints):
        result = super()._touchpoint_reopened(touchpoints)
        self._update_told(touchpoints, without=touchpoints)
        return result

    def _touchpoint_taken_back(self, touchpoints):
        """A talk that letters refer to has been held.

        :raise UserError: when a letter was released because of it
        """
        for line in self.sudo():
            own = touchpoints.filtered(lambda t, line=line: t.origin_id == line.id)
            letters = line.touchpoint_ids.filtered(
                lambda t: (
                    kind_of(t) in (COURTESY, NOTICE)
                    and (t._has_frozen_letter() or t.state == "done")
                )
            )
            if letters and any(kind_of(t) == TALK for t in own):
                raise UserError(
                    self.env._(
                        "“%s” was released because of this talk: take the letter back "
                        "first.",
                        letters[0].name,
                    )
                )
        return super()._touchpoint_taken_back(touchpoints)

    def _touchpoint_called_off(self, touchpoints):
        """Whoever speaks to a customer does not decide that they hear of nothing.

        :raise UserError: unless it is an update only
        """
        if needed := touchpoints.filtered(lambda t: kind_of(t) != UPDATE)[:1]:
            raise UserError(
                self.env._(
                    "“%s” belongs to a factoring agreement: whoever decides on it "
                    "leaves the customer out there, or does without the talk.",
                    needed.name,
                )
            )
        return super()._touchpoint_called_off(touchpoints)

    def _touchpoint_failed(self, touchpoints):
        """Whom nothing reached needs a decision, by whoever answers questions (I3)."""
        result = super()._touchpoint_failed(touchpoints)
        for line in self.sudo():
            agreement = line.factoring_id
            for contact in touchpoints.filtered(
                lambda t, line=line: t.origin_id == line.id
            ):
                agreement._remind(
                    agreement.contact_id,
                    lambda env, name=contact.name: env._("It reached nobody: %s", name),
                    contact.reason or "",
                )
        return result

    # === STATES === #

    def _update_told(self, touchpoints, without=None):
        """Bring up to date what these customers have heard, by the contacts that
        changed; what others say stays.

        :param touchpoints: ``continuity.touchpoint`` of these lines
        :param without: those of them that count as not done
        """
        without = without or touchpoints.browse()
        for line in self.sudo():
            own = touchpoints.filtered(lambda t, line=line: t.origin_id == line.id)
            kinds = {kind_of(touchpoint) for touchpoint in own}
            contacts = line.touchpoint_ids - without
            values = {}
            if kinds & {TALK, COURTESY}:
                values["told_on"] = line._told_on(contacts)
            if NOTICE in kinds:
                values |= line._noticed_values(line.touchpoint_ids, without)
            line.write(values)
            line._update_state()

    def _told_on(self, contacts):
        """Return when this customer first heard of it, by talk or courtesy letter.

        :param contacts: ``continuity.touchpoint`` of this line
        """
        told = contacts.filtered(
            lambda t: kind_of(t) in (TALK, COURTESY) and t.state == "done"
        )
        return min(told.mapped("date_done"), default=False)

    def _noticed_values(self, contacts, without):
        """Return when this customer was noticed, and said so; after a merge of
        customers when all of them were.

        :param contacts: ``continuity.touchpoint`` of this line
        :param without: those of them that count as not done
        :rtype: dict
        """
        notices = contacts.filtered(
            lambda t: kind_of(t) == NOTICE and t.state != "cancelled"
        )
        if not notices or any(t in without or t.state != "done" for t in notices):
            return {"noticed_on": False, "acknowledged_on": False}
        said = notices.mapped("ack_date")
        return {
            "noticed_on": max(notices.mapped("date_done")),
            "acknowledged_on": all(said) and max(said),
        }

    def _update_state(self):
        for line in self.filtered(lambda x: x.state not in SETTLED):
            state = "planned"
            if line.told_on:
                state = "told"
            if line.noticed_on:
                state = "acknowledged" if line.acknowledged_on else "noticed"
            if line.state != state:
                line.state = state

    # === WHO HAS NOT HEARD, AND WHY === #

    waits_for = fields.Char(
        compute="_compute_waits_for",
        help="Why the customer has not been noticed, or not been released, yet.",
    )

    @api.depends_context("uid", "lang")
    def _compute_waits_for(self):
        lines = self.sudo()
        waiting = lines.filtered(
            lambda x: x.plan_state == "running" and x.state in ("planned", "told")
        )
        refusing = waiting._contracts_refusing() if waiting else {}
        for line, line_sudo in zip(self, lines, strict=True):
            refusal = None
            if found := refusing.get(line.id):
                refusal = found[1]
                if not line._may_read_proposal():
                    refusal = line._contract_refusal(*found)
            line.waits_for = line_sudo._waiting_reason(refusal)

    def _waiting_reason(self, refusal):
        """Return what keeps this customer from hearing what is next.

        :param str refusal: of their contract, or None
        :rtype: str | bool
        """
        self.ensure_one()
        agreement = self.factoring_id
        if self.state == "out":
            return self.out_reason
        if agreement.state != "running":
            return False
        if agreement.kind == "confidential":
            return self.env._("Confidential: they are not told.")
        if self.state in ("planned", "told"):
            if refusal:
                return refusal
            if step := agreement._internal_open()[:1]:
                return self.env._("Inside is told first: %s", step.name)
            if self.plan_error:
                return self.plan_error
        return self._contact_waiting_reason()

    def _contact_waiting_reason(self):
        """Return what the next contact waits for: the first one that has not reached
        the customer."""
        kinds = (TALK, COURTESY, NOTICE, RELEASE)
        if self.state == "released":
            kinds = (RELEASE,)
        elif self.state in ("noticed", "acknowledged"):
            kinds = ()
        contacts = self.touchpoint_ids.filtered(lambda t: kind_of(t) in kinds)
        contacts = contacts.sorted(lambda t: (kinds.index(kind_of(t)), t.id))
        contact = contacts.filtered(lambda t: t.state in (*WAITING, "failed"))[:1]
        if not contact:
            return False
        reasons = (contact.reason, contact.next_try, contact.send_error)
        reason = next(filter(None, reasons), "")
        states = dict(contact._fields["state"]._description_selection(self.env))
        return self.env._(
            "%(contact)s: %(reason)s",
            contact=self._contact_label(kind_of(contact)),
            reason=reason or states[contact.state],
        )

    def action_preview_letters(self):
        """Show the letters of these customers that are not released yet.

        :raise UserError: when there is none, or the user may read none of them
        """
        self.check_access("read")
        # Only to tell apart why there is none: shown is what the user may read.
        waiting = self.sudo().touchpoint_ids.filtered(
            lambda t: t.state in OPEN_STATES and t.template_id
        )
        if not waiting:
            raise UserError(self.env._("There is no letter to look at."))
        letters = waiting.with_env(self.env)._filtered_access("read")
        if not letters:
            raise UserError(
                self.env._(
                    "These letters are read by those who release them and by managers. "
                    "Please ask %s.",
                    ", ".join(waiting.user_id.mapped("name")),
                )
            )
        return letters.action_preview_letters()


class ContinuityFactoring(models.Model):
    _inherit = "continuity.factoring"

    def action_view_untold(self):
        """Open the customers who have not been noticed, each with what they wait
        for (I3)."""
        action = self._open_own("customer_continuity.action_factoring_debtor")
        action["domain"] = [*action["domain"], ("state", "in", ("planned", "told"))]
        action["context"] = {}
        return action

    def _open_with_factor(self):
        errors = super()._open_with_factor()
        debtors = self.sudo().debtor_ids
        if self.kind == "notified":
            noticed = debtors.filtered(
                lambda d: d.noticed_on and d.state not in SETTLED
            )
            if noticed:
                errors.append(
                    self.env._(
                        "%(count)s customers were told to pay the factor and have not "
                        "been released, the first is %(customer)s.",
                        count=len(noticed),
                        customer=noticed[0].display_name,
                    )
                )
        waiting = debtors.touchpoint_ids.filtered(
            lambda t: kind_of(t) == RELEASE and t.state in WAITING
        )
        if waiting:
            errors.append(
                self.env._(
                    "%(count)s customers have not heard yet that they are released, "
                    "the first is %(customer)s.",
                    count=len(waiting),
                    customer=waiting[0].partner_id.display_name,
                )
            )
        return errors
