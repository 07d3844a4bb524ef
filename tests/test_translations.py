import io
import re
from pathlib import Path

import polib

from odoo.modules import get_module_path
from odoo.tests import BaseCase, TransactionCase, tagged
from odoo.tools.translate import trans_export

MODULE = "customer_continuity"
LANGUAGES = ("ja", "zh_CN")

PLACEHOLDER = re.compile(r"%\(\w+\)[sdif]|%[sdif]|%%")
MARKUP = re.compile(r"<[^>]*>")
EXPRESSION = re.compile(r"{{.*?}}")

# English terms of the project's glossary, as far as the interface uses them, and what
# a translation must contain when the English has the term (a regular expression).
TERMS = {
    "ja": {
        r"contact polic(y|ies)": "顧客対応方針",
        r"customer relationships?": "顧客関係",
        r"cut(-| )over": "担当切替",
        # The release is one of the assignment.
        r"(?<!from )factoring": "ファクタリング",
        r"focus accounts?": "重点顧客",
        r"follow-up": "フォローアップ",
        r"handover plans?": "引継計画書",
        r"information only": "情報のみ引継",
        r"joint visits?": "同行訪問",
        r"key accounts?": "重要顧客",
        r"predecessors?": "前任者",
        r"quotations?": "見積",
        r"reason for purchase": "導入理由",
        r"salesperson": "販売担当者",
        # Bills settle invoices, people settle complaints.
        r"settled": "精算|終了|果たされ|決済|処理",
        r"silent": "長期未接触",
        r"successors?": "後任|引継先|承継先",
        r"tiers?": "顧客ランク",
        r"touchpoints?": "顧客接点",
        r"true contacts?": "実質接触",
        r"unfulfilled": "未履行",
    },
    "zh_CN": {
        r"contact polic(y|ies)": "沟通策略",
        r"customer relationships?": "客户关系",
        r"cut(-| )over": "对接人切换",
        r"(?<!from )factoring": "保理",
        r"focus accounts?": "重点培育客户",
        r"follow-up": "跟进",
        r"handover plans?": "客户交接计划书",
        r"information only": "仅资料交接",
        r"joint visits?": "陪同拜访",
        r"key accounts?": "核心客户",
        r"predecessors?": "原负责人",
        r"quotations?": "报价",
        r"reason for purchase": "采购原因",
        r"salesperson": "销售员",
        r"settled": "结清|了结|办结|结算|处理",
        r"silent": "长期未联系",
        r"successors?": "接手|承接",
        r"tiers?": "等级",
        r"touchpoints?": "触点",
        r"true contacts?": "有效沟通",
        r"unfulfilled": "未履约",
    },
}

# What a translation must not say, and what it says instead.
FORBIDDEN = {
    "ja": {
        # 引継ぎ alone, 引継 in compounds; the verb is 引き継ぐ.
        r"引き継ぎ(?!ま)": "引継ぎ",
        r"引継ぎ(?=[一-龯])": "引継",
        r"(?<!のみ)引継(?![ぎ一-龯サ])": "引継ぎ",
        r"音信不通|疎遠|未連絡": "長期未接触",
        r"重点(?!顧客)|主要顧客|重要取引先": "重点顧客, 重要顧客",
        r"前担当|旧担当|新担当|後継者": "前任者, 後任者",
        r"タッチポイント|接触ポイント": "顧客接点",
        r"同伴|帯同|共同訪問": "同行訪問",
        r"(?<!顧客)ランク|顧客(区分|等級|クラス)": "顧客ランク",
        r"営業担当|セールス": "販売担当者",
        r"ユーザー|サーバー|オーダー|マネージャー": "ユーザ, マネジャー",
        r"得意先": "顧客",
        r"[ぁ-んァ-ヶ一-龯][,;:!?]": "、：",
    },
    "zh_CN": {
        r"重点客户|重要客户|关键客户": "重点培育客户, 核心客户",
        r"前任|继任|后任|接任": "原负责人, 接手人",
        r"(?<!客户)交接计划|交接计划(?!书)|交接书|交接单": "客户交接计划书",
        r"失联|失去联系|沉默": "长期未联系",
        r"接触点|触达点": "客户触点",
        r"联合拜访|共同拜访": "陪同拜访",
        r"客户(级别|分级|层级|评级)": "客户等级",
        r"业务员|销售人员": "销售员",
        # In what statutes say about debts it is their word.
        r"(?<!清偿|任何|偿还|没有|全部)(?<!财产和)债务(?!人)": "未了结事项",
        r"[「」『』]": "“ ”",
        r"[一-龯][,;:!?]": "，；：",
    },
}

# Words in Latin letters that translations keep.
LATIN = {
    *("Awesome", "Companies", "Font", "GmbH", "Hashira", "House", "Odoo", "WeChat"),
    *("chen", "https", "pdf", "tasks", "www", "zhongdengwang", "org"),
}
# Technical names and addresses, also where a text lists them.
TECHNICAL = re.compile(r"\w+_\w+( \w+_\w+)*|https?://…?")


def folder():
    return Path(get_module_path(MODULE)) / "i18n"


def is_same_everywhere(term):
    """Terms in capitals, such as ID, numbers and expressions: their translations are
    left empty."""
    text = MARKUP.sub("", term).strip()
    return (
        text == text.upper()
        or text in ("mm", "WeChat")
        or text.startswith("object.")
        or bool(TECHNICAL.fullmatch(text))
    )


def occurrences(file):
    """Return the pairs of a term and a place where the addon uses it."""
    return {(e.msgid, place) for e in file for place, _line in e.occurrences}


def placeholders(text):
    """Return the named ones, whose order and number are free, and the others."""
    found = PLACEHOLDER.findall(text)
    return {x for x in found if "(" in x}, sorted(x for x in found if "(" not in x)


@tagged("-at_install", "post_install")
class TestTranslations(BaseCase):
    """The files in ``i18n``; TERMS and FORBIDDEN hold the binding words."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.template = polib.pofile(str(folder() / f"{MODULE}.pot"))
        cls.files = {
            lang: polib.pofile(str(folder() / f"{lang}.po")) for lang in LANGUAGES
        }

    def _translated(self):
        for lang, file in self.files.items():
            for entry in file:
                if entry.msgstr and not entry.obsolete:
                    yield lang, entry.msgid, entry.msgstr

    def _assert_none(self, findings):
        findings = list(findings)
        if findings:
            self.fail("\n" + "\n".join(findings))

    def test_complete(self):
        terms = {e.msgid for e in self.template if not is_same_everywhere(e.msgid)}
        self.assertTrue(terms)
        for lang, file in self.files.items():
            done = {e.msgid for e in file if e.msgstr and not (e.obsolete or e.fuzzy)}
            with self.subTest(lang=lang):
                self.assertFalse(sorted(terms - done), "not translated, see make i18n")

    def test_placeholders(self):
        self._assert_none(
            f"{lang}: {source!r}: {text!r}"
            for lang, source, text in self._translated()
            if placeholders(source) != placeholders(text)
        )

    def test_glossary_terms(self):
        self._assert_none(
            f"{lang}: {source!r} is {text!r} without {word}"
            for lang, source, text in self._translated()
            for term, word in TERMS[lang].items()
            if re.search(rf"\b{term}\b", source, re.IGNORECASE)
            and not re.search(word, text)
        )

    def test_forbidden_words(self):
        self._assert_none(
            f"{lang}: {text!r} ({source!r}): not {found[0]} but {word}"
            for lang, source, text in self._translated()
            for pattern, word in FORBIDDEN[lang].items()
            for found in re.finditer(pattern, MARKUP.sub("", text))
        )

    def test_one_language(self):
        """No English is left over, and no Japanese in Chinese."""
        for lang, source, text in self._translated():
            if source.startswith(("'", "object.")):
                continue  # an expression, not a text
            text = PLACEHOLDER.sub("", MARKUP.sub("", EXPRESSION.sub("", text)))
            words = {
                word
                for word in re.findall(r"[A-Za-z]{3,}", text)
                if word not in LATIN and not word.isupper()
            }
            kana = re.findall(r"[ぁ-んァ-ヶ]", text) if lang == "zh_CN" else []
            with self.subTest(lang=lang, source=source):
                self.assertFalse(words or kana, text)


@tagged("-at_install", "post_install")
class TestTemplate(TransactionCase):
    """The template holds what the code and the data say today."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        exported = io.BytesIO()
        trans_export(None, [MODULE], exported, "po", cls.env)
        cls.exported = occurrences(polib.pofile(exported.getvalue().decode()))
        cls.template = occurrences(polib.pofile(str(folder() / f"{MODULE}.pot")))

    def _is_ours(self, place):
        """Tell whether a place is not a field that other modules add to our models."""
        found = re.match(r"model:ir.model.fields,\w+:\w+\.(field_\w+)$", place)
        if not found:
            return True
        field = self.env.ref(f"{MODULE}.{found[1]}")
        modules = self.env[field.model]._fields[field.name]._modules
        return not modules or MODULE in modules

    def test_up_to_date(self):
        missing = {
            (term, place)
            for term, place in self.exported - self.template
            if self._is_ours(place)
        }
        self.assertFalse(sorted(missing), "not in the template: run make i18n")

    def test_nothing_left_over(self):
        gone = self.template - self.exported
        if not self.env["ir.module.module"].search([("name", "=", MODULE)]).demo:
            gone = {(term, place) for term, place in gone if ".demo_" not in place}
        self.assertFalse(sorted(gone), "no longer said: run make i18n")
