"""What people do, in a real browser, from the button on the shop's page to the agent's answer."""

from __future__ import annotations

import re

from playwright.async_api import FrameLocator, Page, Route, expect

from tests.browser.conftest import Visitor, Visitors


async def test_a_buyer_is_answered_at_once_and_then_by_a_person(visitors: Visitors) -> None:
    alice, eve = await visitors(), await visitors()
    desk = await log_in(alice, "alice")
    await expect(desk.locator("#list .empty")).to_be_visible()

    shop = await eve.open("/demo")
    await shop.locator(".note a", has_text="已发货").first.click()
    number = await shop.locator("h1 code").inner_text()
    chat = await open_chat(shop)
    await chat.locator("#text").fill(f"卡密用不了，提示无效，订单号 {number}")
    await chat.locator("#text").press("Enter")
    answer = chat.locator(".message.bot:not(.hello, .typing)").first
    await expect(answer).to_contain_text(number)
    await expect(chat.locator("#status .order")).to_contain_text("已发货")

    await chat.locator("#text").fill("我要人工")
    await chat.locator("#text").press("Enter")
    await expect(chat.locator("#status .ticket")).to_contain_text("T-")
    row = desk.locator("#list .row")
    await expect(row).to_contain_text("卡密无效")
    await expect(row).to_contain_text("已发货")

    await row.click()
    await expect(desk.locator(".message.customer .reading").first).to_contain_text("卡密无效")
    await correct(desk, "卡密已被使用")
    await expect(desk.locator("#side .order")).to_contain_text(number)
    await desk.fill("#text", "您好，我是林晓，由我接手。")
    await desk.press("#text", "Enter")
    await expect(chat.locator(".message.agent")).to_contain_text("由我接手")
    await expect(chat.locator("#status .holder")).to_contain_text("Alice")
    await chat.locator("#text").fill("谢谢")
    await chat.locator("#text").press("Enter")
    await expect(desk.locator(".message.customer").last).to_contain_text("谢谢")

    assert eve.strangers() == alice.strangers() == []
    assert eve.complaints == alice.complaints == []

    other = await alice.open("/console/board")
    await other.locator(".tools .menu summary").click()
    await other.locator(".tools .menu form button").click()
    await desk.wait_for_url(re.compile(r"/console/login\?next="))


async def test_what_is_sent_over_a_broken_line_is_said_once(visitors: Visitors) -> None:
    frank = await visitors(viewport={"width": 390, "height": 780})
    page = await frank.open("/widget/demo")
    tries: list[str] = []

    async def cut(route: Route) -> None:
        tries.append(route.request.post_data or "")
        if len(tries) == 1:
            await route.fetch()  # It is stored, and the answer is lost.
            await route.abort()
        else:
            await route.continue_()

    await page.route(
        "**/messages?*", lambda r: cut(r) if r.request.method == "POST" else r.continue_()
    )
    await page.fill("#text", "视频会员还有货吗")
    await page.press("#text", "Enter")
    await expect(page.locator(".message.customer:not(.pending)")).to_have_count(1)
    await expect(page.locator(".message.bot:not(.hello, .typing)")).to_have_count(1)
    for _ in range(30):
        if len(tries) > 1:
            break
        await page.wait_for_timeout(100)
    assert tries == [tries[0]] * 2
    await expect(page.locator(".message.customer")).to_have_count(1)

    await page.reload()
    await expect(page.locator(".message.customer")).to_have_count(1)
    await expect(page.locator(".message.customer")).to_contain_text("还有货吗")


async def test_without_javascript_one_can_still_write_and_read(visitors: Visitors) -> None:
    plain = await visitors(java_script_enabled=False)
    page = await plain.open("/widget/demo")
    await page.fill("#text", "怎么用卡密兑换？<b>急</b>")
    await page.click(".send")
    await expect(page.locator(".message.customer .text")).to_have_text("怎么用卡密兑换？<b>急</b>")
    for _ in range(20):
        if await page.locator(".message.bot:not(.hello)").count():
            break
        await page.wait_for_timeout(300)
        await page.click(".again")
    await expect(page.locator(".message.bot:not(.hello)")).to_have_count(1)
    assert "token" not in page.url


async def test_everything_that_is_used_has_a_name(visitors: Visitors) -> None:
    dana, guest = await visitors(), await visitors()
    login = await guest.open("/console/login")
    desk = await log_in(dana, "dana")
    pages = [login, desk, await guest.open("/demo"), await guest.open("/widget/demo")]
    for path in ("/console/tickets", "/console/orders", "/console/board?lang=en"):
        pages.append(await dana.open(path))
    for page in pages:
        assert await page.evaluate(NAMELESS) == [], page.url
        assert await page.get_attribute("html", "lang") in ("zh-CN", "en")
    await expect(pages[-1].locator("h1")).to_have_text("Board")
    assert guest.complaints == dana.complaints == []


NAMELESS = """() => {
  const named = (e) => e.getAttribute("aria-label") || e.title || (e.labels && e.labels.length)
    || (e.tagName !== "INPUT" && e.tagName !== "TEXTAREA" && e.tagName !== "SELECT"
        && e.textContent.trim());
  const used = document.querySelectorAll(
    "button, a[href], select, textarea, summary, input:not([type=hidden])");
  return [...used].filter((e) => !named(e)).map((e) => e.outerHTML.slice(0, 120))
    .concat([...document.querySelectorAll("img:not([alt])")].map((e) => e.outerHTML));
}"""


async def log_in(visitor: Visitor, who: str) -> Page:
    """At the console, by the door that people use."""
    page = await visitor.open("/console")
    await page.fill("#login", who)
    await page.fill("#password", f"{who}-zaide-demo")
    await page.click("button.main")
    await page.wait_for_url("**/console")
    return page


async def correct(desk: Page, intent: str) -> None:
    """Open the menu beside the first reading, and say in one click what is meant."""
    first = desk.locator(".message.customer .reading").first
    await first.locator("summary").click()
    await first.get_by_role("button", name=intent).click()
    await expect(first.locator(".chip.said")).to_contain_text(intent)
    await expect(desk.locator("#head")).to_contain_text(intent)
    await expect(desk.locator("#side .ticket").first).to_contain_text(intent)


async def open_chat(page: Page) -> FrameLocator:
    """One tap on the button."""
    await page.locator("zaide-support button").click()
    chat = page.frame_locator("zaide-support iframe")
    await expect(chat.locator("#text")).to_be_visible()
    return chat
