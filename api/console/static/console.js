// What a console page does by itself; everything else comes from the server.
"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const language = document.documentElement.lang;

  // Waiting times tick without asking anybody.
  const days = new Intl.NumberFormat(language, { style: "unit", unit: "day", unitDisplay: "narrow" });
  const hours = new Intl.NumberFormat(language, { style: "unit", unit: "hour", unitDisplay: "narrow" });
  function passed(seconds) {
    if (seconds >= 172800) return days.format(Math.floor(seconds / 86400));
    if (seconds >= 36000) return hours.format(Math.floor(seconds / 3600));
    const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
    const two = (n) => String(n).padStart(2, "0");
    return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
  }
  function tick() {
    for (const time of all("[data-since]")) {
      const text = passed(Math.max(0, Math.floor((Date.now() - Date.parse(time.dataset.since)) / 1000)));
      if (time.textContent !== text) time.textContent = text;
    }
  }
  setInterval(tick, 1000);

  // Which row is open, and how many wait, is this tab's own business: the list is shared.
  const title = document.title;
  function dress() {
    for (const row of all("#list .row")) {
      row.classList.toggle("current", new URL(row.href).pathname === location.pathname);
    }
    const waiting = $("[data-count=waiting]");
    document.title = waiting ? `(${waiting.textContent}) ${title}` : title;
    tick();
  }

  // Messages stay at their end, unless somebody scrolled up to read.
  let follows = true;
  function keepAtEnd() {
    const messages = $("#messages");
    if (messages && follows) messages.scrollTop = messages.scrollHeight;
  }
  document.addEventListener("scroll", (event) => {
    const box = event.target;
    if (box.id === "messages") follows = box.scrollHeight - box.scrollTop - box.clientHeight < 60;
  }, true);

  function settle() { dress(); keepAtEnd(); fade(); }
  document.addEventListener("htmx:after:swap", settle);
  document.addEventListener("htmx:sse:after:message", settle);

  function fade() {
    for (const note of all("#notices .notice:not([data-seen])")) {
      note.dataset.seen = "";
      setTimeout(() => note.remove(), 6000);
    }
  }

  // Live: the server says when this page is no longer what it was.
  const draft = `zaide:draft:${location.pathname}`;
  document.addEventListener("resync", () => location.reload());
  document.addEventListener("htmx:sse:error", (event) => {
    const offline = $("#offline");
    if (offline) offline.hidden = false;
    if ([401, 403, 404].includes(event.detail.status)) location.reload();
  });
  document.addEventListener("htmx:sse:after:connection", () => {
    const offline = $("#offline");
    if (offline) offline.hidden = true;
  });

  // The composer: Enter sends (not while a Chinese word is being typed), drafts survive a reload.
  const composer = $("[data-composer]");
  if (composer) {
    const text = composer.elements.text, id = composer.elements.client_id;
    const fresh = () => { id.value = crypto.randomUUID ? crypto.randomUUID() : String(Math.random()).slice(2) + Date.now(); };
    fresh();
    text.value = sessionStorage.getItem(draft) || "";
    text.addEventListener("input", () => sessionStorage.setItem(draft, text.value));
    text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        if (text.value.trim()) composer.requestSubmit();
      }
    });
    composer.addEventListener("htmx:after:request", (event) => {
      const response = event.detail.ctx.response;
      if (!response || response.status >= 400) return;
      text.value = "";
      sessionStorage.removeItem(draft);
      follows = true;
      fresh();
      text.focus();
    });
  }

  document.addEventListener("click", (event) => {
    const phrase = event.target.closest("[data-insert]");
    if (phrase && composer) {
      const text = composer.elements.text;
      text.value = (text.value.trim() ? `${text.value.trimEnd()}\n` : "") + phrase.dataset.insert;
      text.dispatchEvent(new Event("input"));
      text.focus();
    }
    const login = event.target.closest("[data-login]");
    if (login) {
      $("#login").value = login.dataset.login;
      $("#password").value = login.dataset.password;
      $("form button.main").focus();
    }
    for (const menu of all("details.menu[open]")) {
      if (!menu.contains(event.target) || event.target.closest(".sheet button")) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") for (const menu of all("details.menu[open]")) menu.open = false;
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });

  settle();
})();
