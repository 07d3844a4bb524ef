from datetime import datetime

from odoo import Command, fields

from .common_handover import HandoverCommon


class DissolutionCommon(HandoverCommon):
    """A dissolution campaign of ``company_a`` with its three customers.

    ========================  ==================================================
    attribute                 what it is
    ========================  ==================================================
    ``author``                ``user_manager``: drafts it, owns the company
    ``approver``              ``user_leader``: approves it
    ``speaker``               ``user_sales_a``: speaks to customers 1 and 2
    ``member``                ``user_all``: leads the task force
    ``stranger``              a salesperson with no part in anything
    ``line_1`` …              customer 1 (tier A, unfulfilled), customer 2 (B,
                              paying), customer 3 (C, settled, of ``user_sales_b``)
    ========================  ==================================================
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.author = cls.user_manager
        cls.speaker = cls.user_sales_a
        cls.member = cls.user_all
        cls.stranger = cls.colleague
        cls.campaign = cls._create_campaign()
        cls.line_1 = cls._add_customer(cls.customer_1, cls.tier_a, "unfulfilled")
        cls.line_2 = cls._add_customer(cls.customer_2, cls.tier_b, "paying")
        cls.line_3 = cls._add_customer(
            cls.customer_3, cls.tier_c, "settled", user=cls.user_sales_b
        )
        cls.lines = cls.line_1 | cls.line_2 | cls.line_3

    # === Campaigns === #

    @classmethod
    def _campaign_values(cls, **values):
        return {
            "company_id": cls.company_a.id,
            "kind": "company",
            "customer_reason": "Our main product has lost money for two years; the "
            "shareholders have decided not to invest any more.",
            "internal_reason": "The bank has cut the credit line.",
            "owner_id": cls.author.id,
            "jurisdiction_id": cls.env.ref(
                "customer_continuity.jurisdiction_generic"
            ).id,
            "approval_ids": [Command.create({"user_id": cls.approver.id})],
            "member_ids": [Command.create({"user_id": cls.member.id, "role": "lead"})],
            **values,
        }

    @classmethod
    def _create_campaign(cls, **values):
        env = cls.env(
            user=cls.author,
            context={
                **cls.env.context,
                "allowed_company_ids": cls.author.company_ids.ids,
            },
        )
        campaign = env["continuity.dissolution"].create(cls._campaign_values(**values))
        return campaign.with_env(cls.env)

    @classmethod
    def _add_customer(cls, partner, tier, segment, user=None, campaign=None, **values):
        """Put a customer into a campaign, as the audience does it."""
        campaign = campaign or cls.campaign
        relationship = cls._set_tier(partner, tier, campaign.company_id)
        return (
            cls.env["continuity.dissolution.customer"]
            .sudo()
            .create(
                {
                    "dissolution_id": campaign.id,
                    "partner_id": partner.id,
                    "relationship_id": relationship.id,
                    "tier_id": tier.id,
                    "segment": segment,
                    "user_id": (user or cls.speaker).id,
                    **values,
                }
            )
        )

    @classmethod
    def _start(cls, campaign=None):
        """Let a campaign run, past the gates of its own tests: approved, decided."""
        campaign = (campaign or cls.campaign).sudo()
        campaign.submitted_by_id = cls.author
        campaign.approval_ids.write({"state": "approved"})
        campaign.state = "approved"
        campaign._start()
        return campaign.sudo(False)

    @classmethod
    def _tell(cls, *lines):
        """Let customers have been told by a visit, past the policy."""
        now = fields.Datetime.now()
        for line in lines:
            contacts = line.sudo().touchpoint_ids.filtered(
                lambda t: t.occurrence.startswith("tell:")
            )
            for contact in contacts:
                contact.write(
                    {
                        "state": "done",
                        "date_done": now,
                        "attempt_ids": [
                            Command.create(
                                {
                                    "channel_id": cls.channel_visit.id,
                                    "user_id": contact.user_id.id,
                                    "outcome": "held",
                                    "date": now,
                                }
                            )
                        ],
                    }
                )
            line.sudo().write({"state": "told", "told_on": now, "spoken_on": now})

    # === Dates === #

    def _dates(self, **days):
        """Until the end of the test, milestones of these codes have happened on these
        days, or are planned for them when they lie ahead.

        :param days: text of a date by code of the event
        """
        days = {code: fields.Date.to_date(day) for code, day in days.items()}

        def _date_of(campaign, code, done=False):
            day = days.get(code, False)
            return day if day and (not done or day <= datetime.now().date()) else False

        self.patch(type(self.campaign), "_date_of", _date_of)
