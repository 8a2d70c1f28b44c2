"""A dozen little talks as people write them, two of them in English. Nobody in them is real.

`{order}` is a number of the customer's own, of an order with the `verdict`; phone numbers are of
the demo's own block and card secrets are made up.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Script:
    """What one customer says, line by line. Without a `verdict` they are a stranger."""

    who: str
    lines: tuple[str, ...]
    verdict: str = ""


SCRIPTS = (
    Script(
        "小林",
        (
            "在吗",
            "刚买的卡密用不了啊，一直提示无效",
            "订单号 {order}",
            "按你说的试了还是不行，怎么办",
        ),
        "delivered",
    ),
    Script(
        "阿杰",
        ("付了钱没收到卡密！！", "{order}", "都等半小时了，什么时候能发"),
        "paid_not_delivered",
    ),
    Script("王姐", ("我不会弄，能不能找个人工客服", "有人吗？")),
    Script(
        "暴躁老哥",
        ("什么垃圾平台 充值半天不到账", "再不处理我就投诉12315", "人呢？？？"),
    ),
    Script("小满", ("发货好快，谢谢老板", "没别的事了，拜拜")),
    Script("阿远", ("我账号被盗了！密码被改了", "里面还有几百块余额，快帮我冻结")),
    Script(
        "星河数卡（商户）",
        ("你好，我是商户，下单接口一直返回 500", "回调也收不到，签名核对过了没问题"),
    ),
    Script(
        "Kiki",
        (
            "卡密 XK7Q-93MD-PL2V-08TA 显示已被使用",
            "我手机 19000001234，你们查一下，订单 {order}",
            "那能给我换一张吗",
        ),
        "double_sold",
    ),
    Script("老陈", ("支付宝扣了我两次钱", "{order} 就这个单"), "duplicate_notify"),
    Script("可欣", ("退款到哪一步了", "{order}", "好的知道了，谢谢"), "refunded"),
    Script("大鹏", ("Steam 50 的卡还有货吗", "支持微信付款不")),
    Script("诺诺", ("拍下显示缺货，钱已经扣了", "{order}"), "out_of_stock_after_pay"),
    Script(
        "Daniel",
        ("Hi, I paid but the key never arrived", "{order}", "OK, how long will that take?"),
        "paid_not_delivered",
    ),
    Script(
        "Sophie",
        ("It says the code has already been redeemed", "{order}", "Can I talk to a human please?"),
        "delivered",
    ),
)
