from odoo import fields, models


class ContinuityTopic(models.Model):
    """What a common answer, or a piece of information, is about."""

    _name = "continuity.topic"
    _description = "Topic"
    _order = "name, id"

    name = fields.Char(required=True, translate=True)
    color = fields.Integer()
    active = fields.Boolean(default=True)

    _name_uniq = models.UniqueIndex(
        "((name ->> 'en_US'))", "There is a topic of this name."
    )
