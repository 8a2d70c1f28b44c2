/*
 * The support button: one script tag on any page of a shop, and nothing else.
 *
 *   <script src="https://…/widget.js" data-shop="demo" async></script>
 *
 *   data-shop           the shop's key (needed)
 *   data-lang           zh or en; default the shop's own language
 *   data-assertion      the shop's signed word on who its user is, good once
 *   data-assertion-url  or where the page gets one: answers {"assertion": "…"} or 204 for a guest
 *   data-side           left or right (default)
 *   data-label          what the button is called; default 在线客服 or Support
 *
 * It makes one button and, at the first tap, one frame from our own origin. It sets no cookie,
 * asks nobody else and leaves no global behind.
 */
(() => {
  "use strict";
  const tag = document.currentScript;
  if (!tag || !tag.dataset.shop || document.querySelector("zaide-support")) return;
  const origin = new URL(tag.src).origin;
  const set = tag.dataset;
  const english = (set.lang || document.documentElement.lang || "zh").slice(0, 2) === "en";
  const label = set.label || (english ? "Support" : "在线客服");
  const left = set.side === "left";
  const flag = `zaide:${set.shop}:talked`;

  const css = `
    :host { all: initial; position: fixed; z-index: 2147483000; inset: auto ${left ? "auto" : "0"} 0 ${left ? "0" : "auto"}; }
    button { all: unset; box-sizing: border-box; position: fixed; ${left ? "left" : "right"}: max(20px, env(safe-area-inset-right)); bottom: max(20px, env(safe-area-inset-bottom));
      height: 56px; min-width: 56px; padding: 0 20px 0 16px; border-radius: 28px; display: flex; align-items: center; gap: 9px; cursor: pointer;
      background: #0f766e; color: #fff; font: 600 15px/1 -apple-system, "Segoe UI", Roboto, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", system-ui, sans-serif;
      box-shadow: 0 8px 24px rgb(6 60 55 / 35%); transition: transform .15s, box-shadow .15s; user-select: none; -webkit-tap-highlight-color: transparent; }
    button:hover { transform: translateY(-2px); box-shadow: 0 12px 28px rgb(6 60 55 / 40%); }
    button:focus-visible { outline: 3px solid #7ee0d3; outline-offset: 3px; }
    svg { width: 26px; height: 26px; flex: none; }
    b { position: absolute; top: -5px; ${left ? "left" : "right"}: -3px; min-width: 22px; height: 22px; padding: 0 6px; box-sizing: border-box; border-radius: 11px; background: #d92d20; color: #fff; font-size: 12px; line-height: 22px; text-align: center; }
    iframe { position: fixed; ${left ? "left" : "right"}: 20px; bottom: 92px; width: 384px; height: min(640px, calc(100dvh - 112px)); border: 0; border-radius: 18px; background: #fff; color-scheme: light dark;
      box-shadow: 0 18px 60px rgb(10 30 35 / 30%); }
    [hidden] { display: none !important; }
    @media (prefers-color-scheme: dark) { iframe { background: #171d20; } }
    @media (max-width: 520px) { iframe { inset: 0; width: 100vw; height: 100dvh; border-radius: 0; } .open button { display: none; } button span { display: none; } button { padding: 0 15px; } }
    @media (prefers-reduced-motion: no-preference) { iframe { animation: up .18s ease-out; } @keyframes up { from { opacity: 0; transform: translateY(12px); } } }
    @media print { :host { display: none; } }`;

  const host = document.createElement("zaide-support");
  const root = host.attachShadow({ mode: "open" });
  const box = document.createElement("div");
  const button = document.createElement("button");
  const badge = document.createElement("b");
  button.type = "button";
  button.setAttribute("aria-haspopup", "dialog");
  button.setAttribute("aria-expanded", "false");
  button.setAttribute("aria-label", label);
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  const path = document.createElementNS(ns, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", "M6 4h12a3 3 0 0 1 3 3v7a3 3 0 0 1-3 3h-5.500L8 21v-4H6a3 3 0 0 1-3-3V7a3 3 0 0 1 3-3zm2 5.500v1.8h8V9.500z");
  path.setAttribute("fill", "currentColor");
  svg.append(path);
  const words = document.createElement("span");
  words.textContent = label;
  badge.hidden = true;
  button.append(svg, words, badge);
  box.append(button);
  dress();
  root.append(box);

  // A constructed sheet is allowed by any Content-Security-Policy; old browsers take an element.
  function dress() {
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      root.adoptedStyleSheets = [sheet];
    } catch {
      const style = document.createElement("style");
      style.textContent = css;
      root.append(style);
    }
  }

  let frame = null, open = false;

  function load() {
    if (frame) return;
    frame = document.createElement("iframe");
    frame.title = label;
    frame.setAttribute("role", "dialog");
    frame.setAttribute("referrerpolicy", "strict-origin-when-cross-origin");
    frame.src = `${origin}/widget/${encodeURIComponent(set.shop)}` + (set.lang ? `?lang=${encodeURIComponent(set.lang)}` : "");
    frame.hidden = true;
    box.append(frame);
  }

  function show(yes) {
    if (yes) load();
    if (!frame || yes === open) return;
    open = yes;
    frame.hidden = !yes;
    box.className = yes ? "open" : "";
    button.setAttribute("aria-expanded", String(yes));
    count(0);
    tell({ zaide: "shown", open: yes });
    if (yes) frame.focus(); else button.focus();
  }

  function count(n) {
    badge.hidden = !n;
    badge.textContent = n > 99 ? "99+" : String(n);
    button.setAttribute("aria-label", n ? `${label} (${n})` : label);
  }

  function tell(message) {
    if (frame && frame.contentWindow) frame.contentWindow.postMessage(message, origin);
  }

  // Who the user is, is said only to our own frame, and asked of the shop only when it is needed.
  async function assertion() {
    if (set.assertionUrl) {
      try {
        const answer = await fetch(set.assertionUrl, { credentials: "same-origin", headers: { Accept: "application/json" } });
        if (answer.ok && answer.status !== 204) return (await answer.json()).assertion || "";
      } catch { /* A guest may ask as well. */ }
      return "";
    }
    const once = set.assertion || "";
    delete set.assertion;
    return once;
  }

  addEventListener("message", async (event) => {
    if (event.origin !== origin || !frame || event.source !== frame.contentWindow) return;
    const said = event.data || {};
    if (said.zaide === "ready") {
      tell({ zaide: "hello", page: location.pathname, assertion: await assertion(), open });
    } else if (said.zaide === "close") {
      show(false);
    } else if (said.zaide === "unread" && !open) {
      count(Number(said.count) || 0);
    } else if (said.zaide === "talked") {
      try { localStorage.setItem(flag, "1"); } catch { /* Without storage the badge comes after a tap. */ }
    }
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && open) show(false);
  });
  button.addEventListener("click", () => show(!open));

  function begin() {
    document.body.append(host);
    // Whoever has talked before may have an answer waiting: look once the page is at rest.
    try {
      if (localStorage.getItem(flag)) (window.requestIdleCallback || setTimeout)(load);
    } catch { /* No storage, no looking ahead. */ }
  }
  if (document.body) begin(); else addEventListener("DOMContentLoaded", begin);
})();
