"""Take the pictures of the README from a running demo.

    ./zaide up                                   in one window
    python docs/pictures/take.py [address]       in another; needs Chromium

It plays a few buyers at the demo shop's door and one agent at the console, and writes console.png
(1280 x 800), queue.png and widget.png (390 x 780) beside itself.
"""

from __future__ import annotations

import re
import secrets
import shutil
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

HERE = Path(__file__).parent
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
OTHERS = {
    "buyer-011": "请问这个充值码在手机上怎么兑换？",
    "buyer-021": "订单 {number} 到底什么时候发货",
    "buyer-077": "视频会员月卡还有货吗",
    "buyer-042": "我要投诉！等了两天没人管，订单 {number}，你们太坑了",
    "buyer-023": "一笔订单扣了我两次钱，麻烦退一笔，订单号 {number}",
    "buyer-034": "订单 {number} 不想要了，申请退款",
    "buyer-058": "我的账户被冻结了，里面还有余额，怎么回事？",
}
FIRST = "付款了一直没收到卡密，订单号 {number}，我的手机号 19000001234，急用！"
REPLY = (
    "您好，我是林晓，由我接手。系统确认您已付款、卡密没有发出，"
    "是我们的问题。正在为您补发，请稍等，不用再付款。"
)


def main(address: str) -> None:
    """Play, and take the pictures."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        agent = log_in(browser, address)
        for who, text in OTHERS.items():
            ask(browser, address, who, text)
        phone = open_widget(browser, address)
        answer(agent, address)
        expect(phone.frame_locator("iframe").locator(".message.agent").last).to_be_visible()
        phone.wait_for_timeout(400)
        phone.screenshot(path=HERE / "widget.png")
        agent.wait_for_timeout(400)
        agent.screenshot(path=HERE / "console.png")
        agent.goto(f"{address}/console?tab=all")
        agent.wait_for_timeout(1200)
        agent.screenshot(path=HERE / "queue.png")
        browser.close()


def log_in(browser: Browser, address: str) -> Page:
    """Alice, on shift."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(f"{address}/console/login")
    page.fill("#login", "alice")
    page.fill("#password", "alice-zaide-demo")
    page.click("button.main")
    page.wait_for_url("**/console")
    page.select_option("#presence-choice", "online")
    expect(page.locator("form.presence.online")).to_be_visible()
    return page


def ask(browser: Browser, address: str, who: str, text: str) -> None:
    """One of the shop's buyers asks something and goes away."""
    context = browser.new_context(locale="zh-CN")
    shown = context.request.get(f"{address}/demo?as={who}").text()
    number = re.search(r"<code>(\w+)</code>", shown)
    signed: dict[str, Any] = context.request.get(f"{address}/demo/assertion").json()
    given = {"visitor": secrets.token_urlsafe(32), **signed}
    session = context.request.post(f"{address}/widget/demo/session", data=given).json()
    context.request.post(
        f"{address}/widget/demo/messages",
        data={"text": text.format(number=number and number[1]), "clientId": secrets.token_hex(8)},
        headers={"Authorization": f"Bearer {session['token']}"},
    )
    context.close()


def open_widget(browser: Browser, address: str) -> Page:
    """A buyer on a telephone, whose card never came, opens the chat and asks."""
    context = browser.new_context(
        locale="zh-CN",
        viewport={"width": 390, "height": 780},
        device_scale_factor=2,
        has_touch=True,
    )
    page = context.new_page()
    page.goto(f"{address}/demo")
    page.locator(".note a", has_text="已付款未发货").first.click()
    number = page.locator("h1 code").inner_text()
    page.locator("zaide-support button").click()
    chat = page.frame_locator("iframe")
    chat.locator("#text").fill(FIRST.format(number=number))
    chat.locator("#text").press("Enter")
    expect(chat.locator("#status .ticket")).to_be_visible(timeout=20000)
    return page


def answer(agent: Page, address: str) -> None:
    """Alice opens what was given to her, notes something and answers."""
    agent.goto(f"{address}/console?tab=all")
    agent.locator("#list .row", has_text="已付款未发货").first.click()
    agent.locator(".kinds label").nth(1).click()
    agent.fill("#text", "供货方已确认库存，补发走技术组 SOP。")
    agent.press("#text", "Enter")
    expect(agent.locator(".message.note")).to_be_visible()
    agent.locator(".kinds label").first.click()
    agent.fill("#text", REPLY)
    agent.press("#text", "Enter")
    expect(agent.locator(".message.agent").last).to_contain_text("林晓")
    expect(agent.locator(".event-FirstAnswered")).to_be_visible()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8700")
