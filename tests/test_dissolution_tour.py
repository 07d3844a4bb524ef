from odoo import Command, fields
from odoo.tests import tagged

from .common_dissolution_tour import DissolutionTourCommon


class WholeCampaign(DissolutionTourCommon):
    """From the draft to the closing report, in the browser of each person."""

    draft_tour = None
    draft_action = None
    count = 0

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_customers(cls.count)

    def _carry_out(self):
        self._draft()
        self._approve_and_decide()
        self._tell()
        self._choose_and_transfer()
        self._hold_event()
        self._end_service()
        self._report_and_close()

    def _draft(self):
        self.start_tour(
            self.draft_action or self._url(), self.draft_tour, login="tour_owner"
        )
        self.campaign = self.env["continuity.dissolution"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertEqual(self.campaign.state, "submitted")
        self.assertEqual(self.campaign.customer_count, self.count)
        segments = self.campaign.customer_ids.mapped("segment")
        self.assertEqual(
            [segments.count(key) for key in ("unfulfilled", "paying", "settled")],
            [self.count // 10, self.count // 2, self.count * 4 // 10],
        )
        # Nothing is planned for anybody before the decision.
        self.assertFalse(self.campaign.customer_ids.touchpoint_ids)

    def _approve_and_decide(self):
        self.start_tour(
            self._url(self.campaign.id),
            "continuity_dissolution_approve",
            login="tour_head",
        )
        self.env.invalidate_all()
        self.assertEqual(self.campaign.state, "running")
        self.assertEqual(
            self.campaign._date_of("decision", done=True), fields.Date.today()
        )

    def _tell(self):
        self._pass_days(1)
        self.key = self.campaign.customer_ids.sorted(
            lambda line: (line.tier_id.sequence, line.id)
        )[0]
        self._tell_key_account()
        self._tell_everybody()
        self.assertEqual(self.campaign.told_count, self.count)
        self._record("customers_told")

    def _tell_key_account(self):
        """What somebody does in the browser before the others are told."""

    def _choose_and_transfer(self):
        self.provider = self.env["continuity.provider"].create(
            {
                "partner_id": self._create_customer(
                    "Successor Co.", phone="+86 21 5555 0100"
                ).id,
                "offer": "The same service, by the same people.",
                "interest": "Our owner holds ten per cent.",
                "company_ids": [Command.set(self.company.ids)],
            }
        )
        self._sales_tour("dissolution_customer", self.key, "choice")
        self.assertEqual(self.key.choice, "transfer")
        transfer = self.key.sudo()._propose_transfer(self.provider)
        for kind in ("contract", "data"):
            transfer._record_consent(kind, "given", "Ms Zhao", "written", "Letter")
        self.assertEqual(transfer.data_consent, "given")

    def _sales_tour(self, action, record, tour, login="tour_sales"):
        self.start_tour(
            f"/odoo/action-customer_continuity.action_{action}/{record.id}",
            f"continuity_dissolution_{tour}",
            login=login,
        )
        self.env.invalidate_all()

    def _hold_event(self):
        event = (
            self.env["continuity.dissolution.event"]
            .with_user(self.head)
            .create(
                {
                    "dissolution_id": self.campaign.id,
                    "date": fields.Datetime.add(fields.Datetime.now(), days=3),
                    "place": "https://meet.example.com/thanks",
                    "provider_ids": [Command.set(self.provider.ids)],
                }
            )
        )
        url = f"/odoo/action-customer_continuity.action_dissolution_event/{event.id}"
        self.start_tour(url, "continuity_dissolution_invite", login="tour_head")
        self._pass_days(4)
        self.start_tour(url, "continuity_dissolution_event", login="tour_head")
        self.env.invalidate_all()
        self.assertEqual(event.state, "held")
        self.assertEqual(event.attended_count, 1)
        self.assertEqual(event.introduction_count, 1)

    def _end_service(self):
        """Weeks later: delivered and paid, service has ended, hours are recorded."""
        self._pass_days(100)
        self.start_tour(
            self._url(self.campaign.id),
            "continuity_dissolution_hours",
            login="tour_head",
        )
        rows = self.env["continuity.obligation"].search(
            [("dissolution_id", "=", self.campaign.id), ("state", "=", "open")]
        )
        self.assertTrue(rows)
        rows -= self._decide_one(rows)
        rows.filtered(lambda row: not row.resolution).resolution = "release"
        rows.with_user(self.head)._decide("Taken over by the owner in writing.")
        self.campaign.with_user(self.owner).write(
            {
                "data_keeper_id": self.owner.partner_id.id,
                "data_keeper_note": "Ten years, by law, as the notice says.",
                "aftercare_user_id": self.sales.id,
                "comeback_offer": False,
            }
        )
        self.campaign.customer_ids._plan_aftercare()

    def _decide_one(self, rows):
        """Decide in the browser how some open obligations end.

        :return: those that were decided
        """
        return rows.browse()

    def _report_and_close(self):
        self.start_tour(
            self._url(self.campaign.id),
            "continuity_dissolution_report",
            login="tour_owner",
        )
        self.start_tour(
            self._url(self.campaign.id),
            "continuity_dissolution_close",
            login="tour_head",
        )
        self.env.invalidate_all()
        self.assertEqual(self.campaign.state, "done")
        report = self.campaign.with_user(self.owner).with_context(lang="en_US")
        sections = {s["title"]: s for s in report._closing_report_sections()}
        told = sections["The campaign"]["rows"]
        self.assertIn(["Customers told", f"{self.count} of {self.count} (100 %)"], told)
        self.assertEqual(sections["Left out or not told"]["rows"], [])
        (event,) = sections["Appreciation events"]["rows"]
        self.assertEqual(event[2:], ["3", "1", "1"])
        self.assertIn("hours in all", sections["Hours"]["lines"][0])
        for lang in ("en_US", self.language):
            html = (
                self.env["ir.actions.report"]
                .with_user(self.owner)
                .with_context(lang=lang)
                ._render_qweb_html(
                    "customer_continuity.report_dissolution_closing", self.campaign.ids
                )[0]
                .decode()
            )
            self.assertIn(self.campaign.name, html)


@tagged("post_install", "-at_install")
class TestDissolutionTourChina(WholeCampaign):
    """A company in Shanghai with 200 customers, on the ordinary Chinese route."""

    company_name = "沪航物流有限公司"
    customer_name = "客户"
    country, currency, language = "base.cn", "base.CNY", "zh_CN"
    draft_tour = "continuity_dissolution_wizard_cn"
    draft_action = "/odoo/action-customer_continuity.action_dissolution_wizard"
    count = 200

    def test_from_draft_to_closing_report(self):
        self._carry_out()

    def _tell_key_account(self):
        self.campaign.with_user(self.owner).write(
            {
                "claim_how": "附发票，以书面形式寄清算组。",
                "export_guide": "一、打开我的账户。二、下载CSV文件。",
                "data_handling": "贵司数据不会交给任何第三方。如有异议请来电。",
                "data_deletion_date": fields.Date.add(self.today, days=400),
            }
        )
        telling = self.key.sudo().touchpoint_ids.filtered(
            lambda t: t.occurrence.startswith("tell:")
        )
        letter = telling.filtered("channel_id.written")
        self._sales_tour("touchpoint", telling - letter, "visit")
        self.assertEqual(self.key.state, "told")
        visit = (telling - letter).attempt_ids
        self.assertEqual(
            visit.channel_id, self.env.ref("customer_continuity.channel_visit")
        )
        self.assertEqual(visit.minutes, 45)
        self._sales_tour("dissolution_customer", self.key, "notice")
        self.assertTrue(letter.released_on)
        self.assertTrue(letter.letter_hash)

    def _decide_one(self, rows):
        self._sales_tour("obligation", rows[0], "decide", "tour_head")
        self.assertEqual(rows[0].state, "decided")
        self.assertEqual(rows[0].decided_by_id, self.head)
        return rows[0]


@tagged("post_install", "-at_install")
class TestDissolutionTourJapan(WholeCampaign):
    """A company in Osaka with 20 customers, on the Japanese route."""

    company_name = "浪速精工株式会社"
    customer_name = "得意先"
    country, currency, language = "base.jp", "base.JPY", "ja_JP"
    draft_tour = "continuity_dissolution_draft_jp"
    count = 20

    def test_from_draft_to_closing_report(self):
        self._carry_out()
