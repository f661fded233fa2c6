// The heat map is drawn from the table, so the two can never differ. On a canvas, as the pages allow no inline style.
"use strict";
window.kangqiaoDesk = (() => {
  const board = document.getElementById("board");
  const holder = document.getElementById("chart");
  if (!board || !holder || !window.echarts) return null;

  const STATES = ["missing", "fallen", "many_rejected", "partial", "late", "ahead", "on_time", "not_due"];
  const COLOURS = ["#b3261e", "#ff9a5c", "#b58ad1", "#ffd166", "#a9cdf0", "#eef2f6", "#a5d8b8", "#f8f9fb"];
  const MARKS = ["无", "降", "拒", "缺", "迟", "", "", ""];
  const FONT = getComputedStyle(document.body).fontFamily;
  const rows = [...board.querySelectorAll("tr[data-code]")];
  const days = [...board.querySelectorAll("thead th[data-day]")].map((head) => head.dataset.day);
  const names = rows.map((row) => row.dataset.name);
  const isNarrow = () => window.innerWidth < 768;
  let chart = null;

  const stateOf = (cell) => STATES.findIndex((state) => cell.classList.contains(`st-${state}`));
  const cellOf = (row, column) => rows[row].querySelectorAll("td")[column];
  const points = () => rows.flatMap((row, y) =>
    [...row.querySelectorAll("td")].map((cell, x) => [x, y, stateOf(cell)]));

  function tip(point) {
    const [x, y] = point.value;
    const link = cellOf(y, x).querySelector("a");
    const lines = link.title.match(/.{1,36}/gu) || [];
    return [`${names[y]} ${days[x]} ${link.querySelector("small").textContent}`, ...lines].join("\n");
  }

  const rowHeight = () => (isNarrow() ? 15 : 19);
  const short = (name) => (isNarrow() && name.length > 7 ? `${name.slice(0, 6)}…` : name);

  function options() {
    return {
      animation: false,
      textStyle: { fontFamily: FONT },
      grid: { left: isNarrow() ? 92 : 190, right: 6, top: 24, bottom: 6 },
      xAxis: { type: "category", position: "top", data: days.map((day) => String(Number(day.slice(8)))),
        axisTick: { show: false }, axisLine: { show: false }, axisLabel: { fontSize: 11, color: "#5a6675" } },
      yAxis: { type: "category", inverse: true, data: names, axisTick: { show: false }, axisLine: { show: false },
        axisLabel: { interval: 0, fontSize: isNarrow() ? 10 : 12, color: "#1b2430", formatter: short } },
      visualMap: { show: false, type: "piecewise", dimension: 2,
        pieces: STATES.map((_, value) => ({ value, color: COLOURS[value] })) },
      tooltip: { renderMode: "richText", confine: true, formatter: tip, textStyle: { fontSize: 12, fontFamily: FONT } },
      series: [{ type: "heatmap", data: points(), itemStyle: { borderColor: "#fff", borderWidth: 1 },
        label: { show: !isNarrow(), fontSize: 10,
          formatter: (point) => MARKS[point.value[2]],
          color: "#1b2430" } }],
    };
  }

  function labelled() {
    const option = options();
    option.series[0].data = option.series[0].data.map((value) =>
      (value[2] === 0 ? { value, label: { color: "#fff" } } : { value }));
    return option;
  }

  function draw() {
    if (holder.hidden) return;
    holder.style.height = `${rows.length * rowHeight() + 34}px`;
    chart = chart || window.echarts.init(holder, null, { renderer: "canvas" });
    chart.resize();
    chart.setOption(labelled());
  }

  function show(what) {
    document.getElementById("board-table").hidden = what === "chart";
    holder.hidden = what !== "chart";
    document.querySelectorAll("#board-switch button").forEach((button) => {
      const isOn = button.dataset.show === what;
      button.classList.toggle("active", isOn);
      button.setAttribute("aria-pressed", String(isOn));
    });
    draw();
    if (chart && !chart.isWired) {
      chart.isWired = true;
      chart.on("click", (point) => cellOf(point.value[1], point.value[0]).querySelector("a").click());
    }
  }

  document.getElementById("board-switch").hidden = false;
  document.querySelectorAll("#board-switch button").forEach((button) => {
    button.addEventListener("click", () => show(button.dataset.show));
  });
  let waiting = 0;
  window.addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(draw, 150); });
  show("chart");
  return { draw, stateAt: (code, day) => {
    const row = rows.find((item) => item.dataset.code === code);
    return row ? STATES[stateOf(row.querySelectorAll("td")[days.indexOf(day)])] : "";
  } };
})();
