from unittest.mock import patch

from odoo import Command, fields

from .common_letter import LetterCommon

REASONS = {
    "en_US": "Our main product has made a loss for two years.",
    "ja_JP": "主力製品が二期連続で赤字となったためです。",
    "zh_CN": "因主营产品连续两年亏损，股东决定不再投入。",
}
GUIDES = {
    "en_US": "1. Open My Account.\n2. Download the CSV file.",
    "ja_JP": "一、マイアカウントを開く。\n二、CSVを保存する。",
    "zh_CN": "一、打开我的账户。\n二、下载CSV文件。",
}
HANDLING = {
    "en_US": "Your data goes to nobody. Object by telephone.",
    "ja_JP": "データは第三者に渡りません。異議はお電話で承ります。",
    "zh_CN": "贵司数据不会交给任何第三方。如有异议请来电。",
}
CLAIM = {
    "en_US": "By letter to the liquidators, with the invoice.",
    "ja_JP": "請求書を添えて清算人へ書面でお申し出ください。",
    "zh_CN": "附发票，以书面形式寄清算组。",
}
DATES = {
    "decision": "2027-02-20",
    "group_formed": "2027-02-25",
    "creditors_notified": "2027-03-06",
    "claims_end": "2027-04-10",
    "last_service": "2027-06-30",
    "last_invoice": "2027-07-05",
    "export_until": "2027-05-31",
}


class NoticeCommon(LetterCommon):
    """A campaign whose dates are known, with one customer per tier and language.

    ========================  ==================================================
    attribute                 what it is
    ========================  ==================================================
    ``campaign``              approved and running
    ``key``                   line of a key account, to be met first
    ``focus``                 line of a B customer: mail and call the same day
    ``small``                 line of a C customer: mass mail
    ``owed``                  line of a C customer who is still owed something
    ========================  ==================================================
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dates = {code: fields.Date.to_date(day) for code, day in DATES.items()}
        dates = cls.dates
        cls.startClassPatcher(
            patch.object(
                cls.env.registry["continuity.dissolution"],
                "_date_of",
                lambda self, code, done=False: dates.get(code, False),
            )
        )
        cls.company_a.phone = "+86 21 5555 0000"
        cls.lead = cls.user_manager
        cls.campaign = cls._create_campaign()
        cls.key = cls._add("Key Account", "en_US", cls.tier_a, "paying")
        cls.focus = cls._add("Focus", "en_US", cls.tier_b, "paying")
        cls.small = cls._add("Small", "en_US", cls.tier_c, "settled")
        cls.owed = cls._add("Owed", "en_US", cls.tier_c, "unfulfilled")
        cls._start(cls.campaign)

    @classmethod
    def _create_campaign(cls, **values):
        campaign = cls.env["continuity.dissolution"].create(
            {
                "company_id": cls.company_a.id,
                "customer_reason": REASONS["en_US"],
                "export_guide": GUIDES["en_US"],
                "data_handling": HANDLING["en_US"],
                "claim_how": CLAIM["en_US"],
                "data_deletion_date": "2027-12-31",
                "internal_reason": "The founder is tired of it",
                "jurisdiction_id": cls.env.ref(
                    "customer_continuity.jurisdiction_cn"
                ).id,
                "owner_id": cls.lead.id,
                "member_ids": [
                    Command.create({"user_id": cls.lead.id, "role": "lead"})
                ],
                "approval_ids": [Command.create({"user_id": cls.approver.id})],
                **values,
            }
        )
        for lang in ("ja_JP", "zh_CN"):
            campaign.with_context(lang=lang).write(
                {
                    "customer_reason": REASONS[lang],
                    "export_guide": GUIDES[lang],
                    "data_handling": HANDLING[lang],
                    "claim_how": CLAIM[lang],
                }
            )
        return campaign

    @classmethod
    def _add(cls, name, lang, tier, segment, campaign=None, **values):
        """Put a new customer of the leaver into a campaign."""
        customer = cls._create_customer(
            name,
            cls.leaver,
            lang=lang,
            email=f"{name.lower().replace(' ', '')}@example.com",
            **values,
        )
        relationship = cls._set_tier(customer, tier)
        campaign = campaign or cls.campaign
        return cls.env["continuity.dissolution.customer"].create(
            {
                "dissolution_id": campaign.id,
                "partner_id": customer.id,
                "relationship_id": relationship.id,
                "tier_id": tier.id,
                "segment": segment,
                "segment_reason": "S00001",
                "user_id": cls.leaver.id,
            }
        )

    @classmethod
    def _start(cls, campaign):
        """Approved and decided: its contacts are planned."""
        campaign.approval_ids.write({"state": "approved"})
        campaign.state = "approved"
        campaign._start()

    @classmethod
    def _freeze_letter(cls, letter):
        """The notice of a line as it is after its release."""
        letter.write(
            {
                "letter_subject": "Notice",
                "letter_body": "<p>We are being dissolved.</p>",
                "letter_lang": "en_US",
                "letter_hash": "f" * 64,
                "signer_id": cls.leaver.id,
                "frozen_on": fields.Datetime.now(),
                "released_on": fields.Datetime.now(),
            }
        )
        return letter

    def _telling(self, line):
        return line.touchpoint_ids.filtered(lambda t: t.occurrence.startswith("tell:"))

    def _letter_of(self, line):
        return self._telling(line).filtered(lambda t: t.channel_id.written)

    def _talk_of(self, line):
        return self._telling(line).filtered(lambda t: not t.channel_id.written)

    def _hold(self, touchpoint, channel=None, outcome="held", **values):
        if channel:
            values["channel_id"] = channel.id
        return touchpoint.with_user(touchpoint.user_id).log_attempt(outcome, **values)

    def _items(self, items, fingerprint="1", prepaid=""):
        """What the books say of every customer, until the end of the test."""
        model = self.env.registry["continuity.dissolution.customer"]
        self._set(
            model,
            "_open_items_by_line",
            lambda lines, lang: dict.fromkeys(lines.ids, items),
        )
        self._set(
            model,
            "_items_fingerprints",
            lambda lines: dict.fromkeys(lines.ids, fingerprint),
        )
        self._set(model, "_is_creditor", lambda line: bool(prepaid))
        self._set(model, "_creditors", lambda lines: lines if prepaid else lines[:0])
        self._set(
            model, "_prepaid_texts", lambda lines: dict.fromkeys(lines.ids, prepaid)
        )
        self.env.invalidate_all()

    def _set(self, model, name, method):
        patcher = patch.object(model, name, method)
        patcher.start()
        self.addCleanup(patcher.stop)
