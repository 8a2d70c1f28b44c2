"""What customers of a shop for virtual goods want: 35 intents, and three tones to want it in.

The codes are kept in rows and are promised to clients: never rename one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Category = Literal["basic", "transaction", "product", "risk", "merchant", "service"]
SopClass = Literal["consultation", "operation", "fault"]
SkillGroup = Literal["general", "finance", "technical", "security", "merchant"]
Urgency = Literal["low", "normal", "high", "urgent"]

SENTIMENTS = ("negative", "neutral", "positive")


@dataclass(frozen=True, slots=True)
class Intent:
    """One thing that a customer may want.

    `sop_class` says which kind of procedure answers it: explaining (consultation), doing
    (operation) or finding out what broke (fault). `skill_group` is the team that can, and
    `urgency` how soon somebody should.
    """

    code: str
    category: Category
    name_zh: str
    name_en: str
    sop_class: SopClass
    skill_group: SkillGroup
    urgency: Urgency


# fmt: off
_ALL = (
    # Getting to know the shop
    Intent("account_register", "basic", "注册与实名", "Registration and real name",
           "operation", "general", "normal"),
    Intent("account_login", "basic", "登录与密码", "Login and password",
           "operation", "general", "normal"),
    Intent("recharge_howto", "basic", "充值与下单指引", "How to top up or order",
           "consultation", "general", "low"),
    Intent("redeem_howto", "basic", "卡密使用方法", "How to use a card",
           "consultation", "general", "low"),
    Intent("membership_benefits", "basic", "会员权益与优惠", "Membership and discounts",
           "consultation", "general", "low"),
    Intent("pricing", "basic", "价格与费率", "Prices and fees",
           "consultation", "general", "low"),
    Intent("balance_query", "basic", "余额与账单查询", "Balance and bills",
           "consultation", "general", "low"),
    Intent("invoice", "basic", "发票", "Invoice",
           "operation", "finance", "low"),
    # Money and orders
    Intent("order_status", "transaction", "订单进度查询", "Order progress",
           "consultation", "general", "normal"),
    Intent("recharge_not_arrived", "transaction", "充值未到账", "Top-up not arrived",
           "fault", "finance", "high"),
    Intent("payment_failed", "transaction", "支付失败", "Payment failed",
           "fault", "finance", "high"),
    Intent("duplicate_charge", "transaction", "重复或多扣款", "Charged twice or too much",
           "fault", "finance", "high"),
    Intent("card_not_received", "transaction", "付款未收到卡密", "Paid, no card received",
           "fault", "technical", "high"),
    Intent("refund_request", "transaction", "申请退款", "Refund request",
           "operation", "finance", "normal"),
    Intent("refund_status", "transaction", "退款进度", "Refund progress",
           "consultation", "finance", "normal"),
    Intent("withdrawal", "transaction", "提现", "Withdrawal",
           "operation", "finance", "normal"),
    # What was bought
    Intent("card_invalid", "product", "卡密无效", "Card invalid",
           "fault", "technical", "high"),
    Intent("card_used", "product", "卡密已被使用", "Card already used",
           "fault", "technical", "high"),
    Intent("card_expired", "product", "卡密过期", "Card expired",
           "fault", "technical", "normal"),
    Intent("usage_restricted", "product", "使用受限", "Use restricted",
           "consultation", "technical", "normal"),
    Intent("product_mismatch", "product", "商品不符", "Not what was ordered",
           "fault", "general", "normal"),
    Intent("stock_availability", "product", "库存与补货", "Stock and restocking",
           "consultation", "general", "low"),
    # Danger
    Intent("account_frozen", "risk", "账户冻结", "Account frozen",
           "fault", "security", "urgent"),
    Intent("account_stolen", "risk", "账户被盗", "Account stolen",
           "fault", "security", "urgent"),
    Intent("fraud_report", "risk", "举报诈骗", "Fraud report",
           "fault", "security", "urgent"),
    Intent("fund_dispute", "risk", "资金纠纷", "Dispute over money",
           "fault", "security", "urgent"),
    # Sellers
    Intent("merchant_onboarding", "merchant", "商户入驻与对接", "Becoming a merchant",
           "consultation", "merchant", "normal"),
    Intent("merchant_technical", "merchant", "商户技术故障", "Merchant technical fault",
           "fault", "merchant", "high"),
    Intent("merchant_settlement", "merchant", "结算与对账", "Settlement",
           "consultation", "merchant", "normal"),
    # The conversation itself
    Intent("human_handoff", "service", "转人工", "Asks for a person",
           "operation", "general", "normal"),
    Intent("service_complaint", "service", "投诉服务", "Complaint about service",
           "fault", "general", "high"),
    Intent("suggestion", "service", "意见建议", "Suggestion",
           "consultation", "general", "low"),
    Intent("privacy_request", "service", "个人信息与注销", "Personal data",
           "operation", "security", "normal"),
    Intent("small_talk", "service", "问候与致谢", "Greetings and thanks",
           "consultation", "general", "low"),
    Intent("other", "service", "其他", "Something else",
           "consultation", "general", "low"),
)
# fmt: on

INTENTS: dict[str, Intent] = {intent.code: intent for intent in _ALL}
