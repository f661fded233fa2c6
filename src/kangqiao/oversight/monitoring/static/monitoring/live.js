// Keeps the board current: by server-sent events, or, where those are refused, by asking every 15 seconds.
"use strict";
(() => {
  const board = document.getElementById("board");
  if (!board) return;
  const POLL = 15000;
  const AGAIN = 60000;
  const live = document.getElementById("live");
  const liveText = document.getElementById("live-text");
  const announce = document.getElementById("announce");
  const days = [...board.querySelectorAll("thead th[data-day]")].map((head) => head.dataset.day);
  const rows = new Map([...board.querySelectorAll("tr[data-code]")].map((row) => [row.dataset.code, row]));
  const query = new URLSearchParams(board.dataset.query);
  let source = null;
  let timer = 0;
  let needsTimer = 0;

  function tell(kind, text) {
    live.className = `desk-live live-${kind}`;
    liveText.textContent = text;
  }

  function cellAt(code, day) {
    const row = rows.get(code);
    return row ? row.querySelectorAll("td")[days.indexOf(day)] : undefined;
  }

  function apply(cell) {
    const place = cellAt(cell.code, cell.day);
    if (!place) return "";
    const link = place.querySelector("a");
    const mark = link.querySelector("small");
    const before = mark.textContent;
    if (place.classList.contains(`st-${cell.state}`) && link.lastChild.textContent === cell.text
      && link.title === cell.why) return "";
    place.className = `st-${cell.state} is-changed`;
    link.title = cell.why;
    mark.textContent = cell.title;
    link.lastChild.textContent = cell.text;
    setTimeout(() => place.classList.remove("is-changed"), 8000);
    const [, month, day] = cell.day.split("-").map(Number);
    const what = before === cell.title ? `${cell.title}，${cell.text}` : `由${before}变为${cell.title}`;
    return `${rows.get(cell.code).dataset.name} ${month}月${day}日${what}`;
  }

  function take(cells) {
    const told = cells.map(apply).filter(Boolean);
    if (!told.length) return;
    if (window.kangqiaoDesk) window.kangqiaoDesk.draw();
    announce.textContent = told.slice(0, 3).join("；") + (told.length > 3 ? `；另有 ${told.length - 3} 处变化` : "");
    clearTimeout(needsTimer);
    needsTimer = setTimeout(refreshNeeds, 1500);
  }

  function refreshNeeds() {
    if (window.htmx) {
      window.htmx.ajax("GET", board.dataset.page + board.dataset.query, { target: "#needs", swap: "outerHTML" });
    }
  }

  async function ask() {
    const answer = await fetch(board.dataset.cells + board.dataset.query, { headers: { Accept: "application/json" } });
    if (answer.redirected || answer.status === 401 || answer.status === 403) return ended();
    if (!answer.ok) return undefined;
    const found = await answer.json();
    take(found.cells);
    return found.as_of.slice(11);
  }

  async function poll() {
    try {
      const at = await ask();
      if (at) tell("poll", `每 15 秒更新，截至 ${at}`);
    } catch {
      tell("off", "暂时连不上，稍后再试");
    }
  }

  function startPolling() {
    stop();
    poll();
    timer = setInterval(poll, POLL);
    setTimeout(listen, AGAIN);
  }

  function ended() {
    stop();
    tell("off", "登录已失效或权限已变，请重新登录");
    return undefined;
  }

  function stop() {
    clearInterval(timer);
    if (source) source.close();
    source = null;
  }

  // What changed between the page's making and now is not told as an event: compare once, ask if anything differs.
  function compare(states) {
    const isStale = Object.entries(states).some(([code, found]) => found.some(
      ([state, text], number) => {
        const place = cellAt(code, days[number]);
        return place && !(place.classList.contains(`st-${state}`)
          && place.querySelector("a").lastChild.textContent === text);
      }));
    if (isStale) ask();
  }

  function listen() {
    if (!window.EventSource || document.hidden) return;
    stop();
    query.set("month", board.dataset.month);
    source = new EventSource(`${board.dataset.events}?${query}`);
    source.addEventListener("board", (event) => {
      const found = JSON.parse(event.data);
      tell("on", `实时更新，截至 ${found.as_of.slice(11)}`);
      compare(found.states);
    });
    source.addEventListener("cells", (event) => {
      const found = JSON.parse(event.data);
      take(found.cells);
      tell("on", `实时更新，截至 ${found.as_of.slice(11)}`);
    });
    source.addEventListener("beat", (event) => tell("on", `实时更新，截至 ${JSON.parse(event.data).as_of.slice(11)}`));
    source.addEventListener("end", ended);
    source.onerror = () => {
      if (source && source.readyState === EventSource.CLOSED) startPolling();
      else tell("off", "连接中断，正在重连");
    };
  }

  document.addEventListener("visibilitychange", () => { if (document.hidden) stop(); else listen(); });
  listen();
})();
