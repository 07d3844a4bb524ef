from datetime import date

from .common_dissolution import DissolutionCommon

# What a Chinese campaign looks like when everything is on time; today is 1 March 2027.
CHINA = {
    "cause": "2027-03-01",
    "decision": "2027-03-01",
    "group_formed": "2027-03-05",
    "new_sales_stop": "2027-03-05",
    "group_published": "2027-03-10",
    "creditors_notified": "2027-03-12",
    "customers_told": "2027-03-12",
    "announcement": "2027-03-22",
    "claims_end": "2027-05-10",
    "last_invoice": "2027-05-31",
    "last_billing": "2027-05-31",
    "last_service": "2027-05-31",
    "last_support": "2027-06-30",
    "export_until": "2027-06-30",
    "data_deletion": "2027-07-30",
    "liquidation_end": "2027-08-31",
    "deregistration": "2027-09-20",
}


class TimetableCommon(DissolutionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._take_route("cn_ordinary")

    @classmethod
    def _take_route(cls, code, days=None):
        timetable = cls.env.ref(f"customer_continuity.timetable_{code}")
        campaign = cls._as(cls.author)
        campaign.timetable_id = timetable
        campaign.jurisdiction_id = timetable.jurisdiction_id
        campaign._set_milestones(CHINA if days is None else days)
        return timetable

    @classmethod
    def _as(cls, user, records=None):
        """The campaign, or other records, in the hands of a user."""
        records = cls.campaign if records is None else records
        return records.with_user(user).with_context(
            allowed_company_ids=user.company_ids.ids
        )

    def _milestone(self, code, user=None):
        return self._as(user or self.author)._milestone(code)

    def _happened(self, user=None, **days):
        for code, day in days.items():
            self._milestone(code, user)._record_done(date.fromisoformat(day))

    def _submit_and_approve(self):
        self._as(self.author).action_submit()
        self._as(self.approver).action_approve()

    def _run(self):
        """Approved and decided: the campaign is running."""
        self._submit_and_approve()
        self._happened(decision="2027-03-01")
        self.assertEqual(self.campaign.state, "running")
