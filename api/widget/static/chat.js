// The chat page, alive. The token is kept in memory only; a random key of this browser's own,
// in this origin's storage where there is one, is what an anonymous visitor comes back with.
"use strict";
(() => {
  const body = document.body, set = body.dataset;
  const $ = (selector) => document.querySelector(selector);
  const list = $("#messages"), form = $("#say"), text = $("#text"), quick = $("#quick"), away = $("#away");
  const base = `/widget/${encodeURIComponent(set.shop)}`, lang = `lang=${set.lang}`;
  const framed = window.parent !== window;

  let token = "", position = 0, parentOrigin = "", assertion = "", page = "", shown = !framed, unread = 0;
  let holder = "", signedIn = false, renewal = 0, asking = null, streaming = null;

  form.addEventListener("submit", (event) => { event.preventDefault(); send(); });
  for (const plain of form.querySelectorAll("input[type=hidden]")) plain.remove();

  // The page around us

  let greeted = () => {};
  const within = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  function hello() {
    const heard = new Promise((resolve) => { greeted = resolve; });
    // This holds nothing: who hears it first is not known yet.
    window.parent.postMessage({ zaide: "ready" }, parentOrigin || "*");
    return Promise.race([heard, within(4000)]);
  }
  addEventListener("message", (event) => {
    if (event.source !== window.parent || !framed) return;
    const said = event.data || {};
    // Who may frame us is ruled by frame-ancestors; from the first word on only that page counts.
    if (said.zaide === "hello" && (!parentOrigin || event.origin === parentOrigin)) {
      parentOrigin = event.origin;
      assertion = typeof said.assertion === "string" ? said.assertion : "";
      page = typeof said.page === "string" ? said.page.slice(0, 300) : "";
      shown = Boolean(said.open);
      greeted();
    } else if (said.zaide === "shown" && event.origin === parentOrigin) {
      shown = Boolean(said.open);
      if (shown) { unread = 0; end(); text.focus(); }
    }
  });
  function tell(message) { if (framed && parentOrigin) window.parent.postMessage(message, parentOrigin); }
  if (framed) {
    $("#close").hidden = false;
    $("#close").addEventListener("click", () => tell({ zaide: "close" }));
    addEventListener("keydown", (event) => { if (event.key === "Escape") tell({ zaide: "close" }); });
  }

  // Who we are

  function random() {
    const bytes = crypto.getRandomValues(new Uint8Array(30));
    return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_");
  }
  function visitor() {
    const name = `zaide:${set.shop}:visitor`;
    try {
      const kept = localStorage.getItem(name) || random();
      localStorage.setItem(name, kept);
      return kept;
    } catch {
      return visitor.memory ||= random();
    }
  }

  function session() {
    asking ||= ask().finally(() => { asking = null; });
    return asking;
  }
  async function ask() {
    const headers = { "Content-Type": "application/json" };
    // Somebody signed in whose token has run out needs the shop's word anew, to stay who they are.
    if (!token && signedIn && framed && !assertion) await hello();
    if (token) headers.Authorization = `Bearer ${token}`;
    const given = { visitor: visitor() };
    if (assertion) given.assertion = assertion;
    let answer = await fetch(`${base}/session`, { method: "POST", headers, body: JSON.stringify(given) });
    if (!answer.ok && assertion && answer.status < 500) {
      // The shop's word was no good (too old, used before): the visitor may talk all the same.
      delete given.assertion;
      answer = await fetch(`${base}/session`, { method: "POST", headers, body: JSON.stringify(given) });
    }
    if (!answer.ok) throw new Error(String(answer.status));
    assertion = "";
    const found = await answer.json();
    token = found.token;
    signedIn = !found.customer.anonymous;
    clearTimeout(renewal);
    renewal = setTimeout(() => session().catch(() => {}), Math.max(30, found.expiresIn * 0.8) * 1000);
  }
  async function call(path, options = {}) {
    if (!token) await session();
    const again = () => fetch(`${base}/${path}`, { ...options, headers: { ...options.headers, Authorization: `Bearer ${token}` } });
    let answer = await again();
    if (answer.status === 401) {
      token = "";
      await session();
      answer = await again();
    }
    return answer;
  }

  // What is on the page

  function end() { list.scrollTop = list.scrollHeight; }
  function put(message) {
    const known = document.getElementById(`message-${message.id}`);
    const pending = message.clientId && list.querySelector(`[data-client="${CSS.escape(message.clientId)}"]`);
    const holder = document.createElement("template");
    holder.innerHTML = message.html; // Drawn and escaped by our own server.
    const item = holder.content.firstElementChild;
    if (known) { known.replaceWith(item); return false; }
    if (pending) { pending.replaceWith(item); return false; }
    if (message.author !== "customer") thinking(false);
    list.append(item);
    end();
    return message.author !== "customer";
  }
  function stand(status) {
    holder = status.holder;
    const box = document.createElement("template");
    box.innerHTML = status.html ?? status.status;
    $("#state").replaceChildren(box.content);
    if (holder && holder !== "bot") thinking(false);
  }
  let dots = null, patience = 0;
  function thinking(yes) {
    clearTimeout(patience);
    if (dots) dots.remove();
    dots = null;
    if (!yes) return;
    dots = document.createElement("li");
    dots.className = "message bot typing";
    dots.setAttribute("aria-hidden", "true");
    dots.innerHTML = '<span class="face bot"><svg class="icon"><use href="/static/console/icons.svg#bot"></use></svg></span><div class="body"><p class="text"><i></i><i></i><i></i></p></div>';
    list.append(dots);
    end();
    patience = setTimeout(() => thinking(false), 12000);
  }
  function news(fresh) {
    if (fresh && !shown) { unread += fresh; tell({ zaide: "unread", count: unread }); }
  }

  // Sending: the same id until it is acknowledged, so that nothing is lost and nothing said twice.

  const outbox = [];
  let busy = false;
  function send(said = text.value) {
    const words = said.trim();
    if (!words) return;
    const id = random();
    const item = document.createElement("li");
    item.className = "message customer pending";
    item.dataset.client = id;
    const p = document.createElement("p"), at = document.createElement("p"), box = document.createElement("div");
    box.className = "body"; p.className = "text"; at.className = "at";
    p.textContent = words;
    at.textContent = set.sending;
    box.append(p, at);
    item.append(box);
    list.append(item);
    quick.hidden = true;
    text.value = "";
    end();
    outbox.push({ words, id, item, at });
    flush();
  }
  async function flush() {
    if (busy) return;
    busy = true;
    for (let wait = 500; outbox.length;) {
      const one = outbox[0];
      const outcome = await post(one);
      if (outcome === "stored") { outbox.shift(); wait = 500; continue; }
      if (outcome === "refused") { outbox.shift(); fail(one); continue; }
      one.item.classList.add("late");
      await new Promise((resolve) => setTimeout(resolve, wait * (0.7 + Math.random() * 0.6)));
      wait = Math.min(wait * 2, 20000);
    }
    busy = false;
  }
  async function post(one) {
    try {
      const answer = await call("messages?" + lang, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ text: one.words, clientId: one.id, page }),
      });
      if (answer.status === 201) {
        put(await answer.json());
        tell({ zaide: "talked" });
        if (!holder || holder === "bot") thinking(true);
        return "stored";
      }
      return answer.status >= 500 || answer.status === 429 || answer.status === 408 ? "later" : "refused";
    } catch {
      return "later";
    }
  }
  function fail(one) {
    one.item.classList.add("failed");
    one.at.textContent = set.failed;
    one.item.addEventListener("click", () => { one.item.remove(); send(one.words); }, { once: true });
  }

  // Live: one stream, read by hand because it carries our token in a header.

  async function look() {
    const answer = await call("messages?" + lang);
    if (!answer.ok) throw new Error(String(answer.status));
    const found = await answer.json();
    const first = !position;
    let fresh = 0;
    for (const message of found.messages) if (put(message)) fresh += 1;
    stand(found);
    position = found.position;
    if (first) { quick.hidden = Boolean(list.querySelector(".customer")); end(); } else news(fresh);
  }
  async function listen() {
    for (let wait = 500; ;) {
      try {
        if (!position) await look();
        streaming = new AbortController();
        const answer = await call(`stream?${lang}&after=${position}`, { headers: { Accept: "text/event-stream" }, signal: streaming.signal });
        if (!answer.ok) throw new Error(String(answer.status));
        away.hidden = true;
        wait = 500;
        await read(answer.body.getReader());
      } catch {
        away.textContent = set.away;
        away.hidden = false;
      }
      await new Promise((resolve) => setTimeout(resolve, wait * (0.7 + Math.random() * 0.6)));
      wait = Math.min(wait * 2, 20000);
    }
  }
  async function read(reader) {
    const decoder = new TextDecoder();
    let rest = "", quiet = 0;
    const watch = () => { clearTimeout(quiet); quiet = setTimeout(() => streaming.abort(), 40000); };
    watch();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        watch();
        rest += decoder.decode(value, { stream: true });
        const frames = rest.split("\n\n");
        rest = frames.pop();
        for (const frame of frames) if (!(await heard(frame))) return;
      }
    } finally {
      clearTimeout(quiet);
      reader.cancel().catch(() => {});
    }
  }
  async function heard(frame) {
    let name = "message", data = "", id = "";
    for (const line of frame.split("\n")) {
      if (line.startsWith("event: ")) name = line.slice(7);
      else if (line.startsWith("data: ")) data += line.slice(6);
      else if (line.startsWith("id: ")) id = line.slice(4);
    }
    if (name === "resync") { position = 0; await look(); return false; }
    if (name === "renew") { token = ""; return false; }
    if (!data) return true;
    const told = JSON.parse(data);
    if (name === "status") stand(told);
    else if (put(told)) news(1);
    if (id) position = Number(id);
    return true;
  }

  // Writing

  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); send(); }
  });
  quick.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) send(button.textContent);
  });

  (async () => {
    if (framed) await hello();
    listen();
    addEventListener("online", () => streaming && streaming.abort());
  })();
})();
