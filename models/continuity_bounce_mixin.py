from odoo import fields, models


class ContinuityBounceMixin(models.AbstractModel):
    """Records whose mails to customers may come back.

    The gateway (``mail_thread.py``) finds the record by the id of the mail, asks
    :meth:`_bounce_doubt`, and calls :meth:`_receive_bounce` where there is none.
    """

    _name = "continuity.bounce.mixin"
    _description = "Mails That May Come Back"

    def _bounce_doubt(self, bounce, message_id):
        """Say why a report changes nothing: anybody who has seen a mail can write one,
        and some are about a mail that no longer matters.

        :param Bounce bounce: see ``tools/incoming_mail.py``
        :param str message_id: of the mail that came back
        :return: a text for the responsible person, or False
        """
        # Each model knows what came back of its own.
        raise NotImplementedError

    def _receive_bounce(self, bounce, message_id):
        """Act on the report that a mail did not arrive.

        :param Bounce bounce: see ``tools/incoming_mail.py``
        :param str message_id: of the mail that came back
        """
        # Each model knows what came back of its own.
        raise NotImplementedError

    def _bounce_reader(self):
        """Return who reads of a report that changes nothing.

        :rtype: res.users
        """
        # Each model knows what came back of its own.
        raise NotImplementedError

    def _doubt_of_report(self, env, bounce, addresses, sent_on):
        """Say why a report cannot be about a mail.

        :param env: environment in the language of who reads it
        :param addresses: to which the mail was sent
        :param datetime sent_on: when it left, if known
        :return: a text, or False
        """
        if bounce.is_credible(addresses, sent_on, fields.Datetime.now()):
            return False
        return env._("It came late, or is about another address.")

    def _note_doubtful_bounce(self, bounce, why):
        """Let the responsible person read a report that changes nothing.

        :param Bounce bounce: see ``tools/incoming_mail.py``
        :param str why: of :meth:`_bounce_doubt`
        """
        self.ensure_one()
        reader = self._bounce_reader()
        env = self.with_context(lang=reader.lang).env
        self.message_post(
            body=env._(
                "A report says that a mail did not arrive: %(reason)s. %(why)s Nothing "
                "was changed; ask the customer if you are in doubt.",
                reason=bounce.text or "-",
                why=why,
            ),
            author_id=self.env.ref("base.partner_root").id,
            partner_ids=reader.partner_id.ids,
            subtype_xmlid="mail.mt_note",
        )
