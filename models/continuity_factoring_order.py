"""In which order customers hear of factoring: inside before outside, the talk before
letters, the courtesy letter before the notice (X1, X5)."""

from odoo import models

from .continuity_factoring_telling import (
    COURTESY,
    NOTICE,
    RELEASE,
    TALK,
    UPDATE,
    kind_of,
)
from .continuity_factoring_told import WAITING

# In these a release may still be told.
RELEASED_IN = ("running", "reported")


class ContinuityFactoringDebtor(models.Model):
    _inherit = "continuity.factoring.debtor"

    def _letter_obstacles(self, touchpoints):
        obstacles = super()._letter_obstacles(touchpoints)
        # Who releases a letter need not read agreement, steps and other contacts.
        debtors = self.sudo()
        lines = debtors.grouped("id")
        unwilling = debtors._refusing_courtesy()
        for touchpoint in touchpoints:
            if line := lines.get(touchpoint.origin_id):
                kind = kind_of(touchpoint)
                obstacles[touchpoint.id] = [
                    *obstacles.get(touchpoint.id, []),
                    *line._agreement_obstacles(kind),
                    *line._order_obstacles(kind, line in unwilling),
                ]
        return obstacles

    def _refusing_courtesy(self):
        """Return those of these customers whom no courtesy letter may reach now.

        :rtype: continuity.factoring.debtor
        """
        relationships = self.relationship_id
        refusals = relationships._contact_refusals("factoring", courtesy=True)
        return self.filtered(lambda line: line.relationship_id.id in refusals)

    def _agreement_obstacles(self, kind):
        """Say what of agreement and customer stands in the way of a letter.

        :param str kind: of the contact
        :rtype: list[str]
        """
        self.ensure_one()
        agreement = self.factoring_id
        if agreement.kind == "confidential":
            return [
                self.env._("The agreement is confidential: customers are told nothing.")
            ]
        if kind == RELEASE:
            if self.state != "released" or agreement.state not in RELEASED_IN:
                return [self.env._("%s has not been released.", self.display_name)]
            return []
        if agreement.state != "running":
            return [self.env._("%s is not running.", agreement.name)]
        if self.state in ("out", "released"):
            return [self.env._("%s is not covered any more.", self.display_name)]
        if kind == UPDATE:
            if not self.noticed_on:
                return [self.env._("%s has not been noticed.", self.display_name)]
            return []
        if steps := agreement._internal_open():
            return [
                self.env._(
                    "Inside is told before customers are. Still open: %s",
                    ", ".join(steps.mapped("name")),
                )
            ]
        return []

    def _order_obstacles(self, kind, unwilling):
        """Say which contact comes before this one.

        :param str kind: of the contact
        :param bool unwilling: whether no courtesy letter may reach them now
        :rtype: list[str]
        """
        self.ensure_one()
        if kind not in (COURTESY, NOTICE):
            return []
        contacts = self.touchpoint_ids
        problems = []
        if self.in_person and not self.noticed_on:
            talks = contacts.filtered(lambda t: kind_of(t) == TALK)
            if not any(t.state == "done" for t in talks):
                problems.append(self._talk_obstacle(talks))
        if kind == NOTICE and not unwilling:
            first = contacts.filtered(
                lambda t: kind_of(t) == COURTESY and t.state in WAITING
            )
            if first:
                problems.append(
                    self.env._(
                        "The courtesy letter to %s goes first: it has not left yet.",
                        self.display_name,
                    )
                )
        return problems

    def _talk_obstacle(self, talks):
        """Say that somebody speaks to this customer first, or tried in vain.

        :param talks: ``continuity.touchpoint`` of the talk
        """
        if failed := talks.filtered(lambda t: t.state == "failed")[:1]:
            return self.env._(
                "%(customer)s was to hear it in person, and nobody reached them "
                "(%(reason)s). Speak to them, or decide on the agreement that they "
                "need not hear it in person first.",
                customer=self.display_name,
                reason=failed.reason or "",
            )
        return self.env._(
            "%s hears it in person first: report that talk, then release this letter.",
            self.display_name,
        )
