"""Chinese words for a database that knows none: text to pairs of characters, typos folded.

PostgreSQL's 'simple' configuration splits at spaces, so a document is stored as the pairs it is
made of, and a question is asked as the pairs it is made of. What buyers mistype because it sounds
alike (冲值 for 充值, 卡蜜 for 卡密) is folded on both sides to the word that was meant.
"""

from __future__ import annotations

import re
import unicodedata

WORD = 40  # Longer words are cut: no real word is longer and PostgreSQL refuses those over 2 kB.
QUESTION = 64  # Pairs of a question that are asked; ranking does not gain from more.

# The typo is on the right. Only such as are no words of their own are folded.
_MEANT: dict[str, str] = {
    "充值": "冲值 充直 冲直 充植 冲植 充职",
    "卡密": "卡蜜 卡秘 咔密 卡泌 咔蜜",
    "登录": "登陆 登禄",
    "退款": "退宽 腿款 退欸",
    "付款": "付宽 负款 副款",
    "扣款": "扣宽 叩款",
    "订单": "定单 丁单 订但",
    "兑换": "对换 兑幻 队换",
    "密码": "密马 蜜码 秘码",
    "激活": "激或 激火",
    "客服": "客福 课服",
    "支付宝": "支付保 支付包 支负宝",
    "微信": "薇信",
    "重复": "重覆 虫复",
    "提现": "提线",
    "发票": "发飘",
    "冻结": "冻洁 东结 冻接",
    "实名": "实明 实鸣",
    "验证": "验正 验政",
    "过期": "过旗",
    "无效": "无校 无孝",
    "会员": "会圆 慧员 汇员",
    "投诉": "投素 头诉 投述",
    "绑定": "绑顶 邦定",
    "余额": "余鹅 余饿 鱼额",
    "库存": "库村 裤存",
    "补货": "补活",
    "缺货": "缺活",
    "优惠券": "优惠卷 优惠劵 优会券",
    "注销": "住销 注消",
    "结算": "接算 结祘",
}
_TYPOS = {typo: word for word, typos in _MEANT.items() for typo in typos.split()}
_TYPO = re.compile("|".join(sorted(map(re.escape, _TYPOS), key=len, reverse=True)))

# Traditional and variant characters of this trade, one for one.
_CHARACTERS = str.maketrans(
    "帐帳賬號碼無購買賣錢單貨員會費現發開請問錯誤複儲點數級務訂換認證過實戶軟體遊戲視頻餘額結對欵錄凍優庫補訴綁沒嗎麼這",
    "账账账号码无购买卖钱单货员会费现发开请问错误复储点数级务订换认证过实户软体游戏视频余额结对款录冻优库补诉绑没吗么这",
)

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002ffff〇々"
_RUN = re.compile(rf"(?P<han>[{_HAN}]+)|[^\W_{_HAN}]+")


def bigrams(text: str) -> list[str]:
    """The words of `text` in order: Latin words and numbers whole, Chinese as pairs of characters.

    NFKC and lower case; a Chinese character that stands alone is a word.
    """
    words: list[str] = []
    for run in _RUN.finditer(fold(text)):
        if run["han"] and len(run[0]) > 1:
            words.extend(run[0][at : at + 2] for at in range(len(run[0]) - 1))
        else:
            words.append(run[0][:WORD])
    return words


def document(text: str) -> str:
    """What is given to `to_tsvector('simple', …)`."""
    return " ".join(bigrams(text))


def query(text: str) -> str:
    """What is given to `to_tsquery('simple', …)`: any of the words, each once; '' asks nothing.

    Words hold letters and digits only and are quoted, so that nothing typed is an operator.
    """
    words = list(dict.fromkeys(bigrams(text)))[:QUESTION]
    return " | ".join(f"'{word}'" for word in words)


def fold(text: str) -> str:
    """`text` in NFKC, lower case, simplified in the characters of this trade, typos as meant."""
    plain = unicodedata.normalize("NFKC", text).lower().translate(_CHARACTERS)
    return _TYPO.sub(lambda typo: _TYPOS[typo[0]], plain)
