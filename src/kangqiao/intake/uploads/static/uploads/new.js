// Chosen files, one line each: dataset and day guessed from the name, sent by tus, resumed when they were cut off.
"use strict";
(() => {
  const form = document.getElementById("upload-form");
  const files = document.getElementById("files");
  const chosen = document.getElementById("chosen");
  const rows = chosen.querySelector("tbody");
  const tables = document.getElementById("tables");
  const institution = document.getElementById("institution");
  const start = document.getElementById("start");
  const pause = document.getElementById("pause");
  const say = document.getElementById("say");
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const { amends } = form.dataset;
  const DIGEST_LIMIT = 64 * 1024 * 1024;
  let lines = [];

  const sized = (bytes) => {
    const units = ["字节", "KB", "MB", "GB"];
    let value = bytes, unit = 0;
    while (value >= 1024 && unit < units.length - 1) { value /= 1024; unit += 1; }
    return `${unit ? value.toFixed(1) : value} ${units[unit]}`;
  };

  function cell(row, content, name) {
    const made = document.createElement("td");
    made.append(content);
    if (name) made.className = name;
    row.append(made);
    return made;
  }

  function guess(select, name) {
    if (/\.xml$/i.test(name)) return "document:";
    const stem = name.replace(/\.(csv|txt|tsv|gz|zip|parquet)/gi, "");
    let best = "", length = 0;
    for (const option of select.options) {
      const dataset = option.value.split(":")[1];
      for (const text of [dataset, option.textContent.trim()]) {
        if (dataset && stem.includes(text) && text.length > length) { best = option.value; length = text.length; }
      }
    }
    return best;
  }

  function day(name) {
    const found = /(?<!\d)(20\d\d)-?(\d\d)-?(\d\d)(?!\d)/.exec(name);
    return found ? `${found[1]}-${found[2]}-${found[3]}` : "";
  }

  function show(file) {
    const row = document.createElement("tr");
    const head = document.createElement("th");
    head.scope = "row";
    head.className = "upload-name";
    head.textContent = file.name;
    row.append(head);
    cell(row, sized(file.size), "number");
    const line = { file };
    if (!amends) {
      line.table = tables.content.firstElementChild.cloneNode(true);
      line.table.value = guess(line.table, file.name);
      line.day = document.createElement("input");
      Object.assign(line.day, { type: "date", className: "form-control", required: true, value: day(file.name) });
      line.day.setAttribute("aria-label", "数据日期");
      const settle = () => {
        line.day.disabled = line.table.value === "document:";
        line.day.required = !line.day.disabled;
      };
      line.table.addEventListener("change", settle);
      settle();
      cell(row, line.table);
      cell(row, line.day);
    }
    line.bar = document.createElement("progress");
    line.bar.max = Math.max(file.size, 1);
    line.bar.value = 0;
    line.bar.setAttribute("aria-label", `${file.name} 的进度`);
    line.say = document.createElement("span");
    line.say.textContent = "尚未上传";
    cell(row, line.bar, "upload-bar").append(line.say);
    rows.append(row);
    return line;
  }

  async function digest(file) {
    if (!(window.crypto && crypto.subtle) || file.size > DIGEST_LIMIT) return "";
    const hash = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
    return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  async function metadata(line) {
    const told = { filename: line.file.name, mode: form.elements.mode.value };
    const sha256 = await digest(line.file);
    if (sha256) told.sha256 = sha256;
    if (institution) told.institution = institution.value;
    if (amends) return { ...told, amends };
    const [channel, dataset] = line.table.value.split(":");
    return channel === "document" ? { ...told, channel } : { ...told, channel, dataset, day: line.day.value };
  }

  function reason(error) {
    try {
      return JSON.parse(error.originalResponse.getBody()).detail;
    } catch {
      return "网络中断，请检查网络后点“开始上传”续传。";
    }
  }

  async function send(line) {
    const told = await metadata(line);
    const print = JSON.stringify(["kangqiao", told, line.file.size, line.file.lastModified]);
    await new Promise((done) => {
      line.upload = new tus.Upload(line.file, {
        endpoint: form.dataset.tus,
        chunkSize: 8 * 1024 * 1024,
        retryDelays: [0, 1000, 3000, 5000, 10000],
        metadata: told,
        headers: { "X-CSRFToken": token },
        fingerprint: async () => print,
        removeFingerprintOnSuccess: true,
        onProgress: (sent) => { line.bar.value = sent; line.say.textContent = `已上传 ${sized(sent)}`; },
        onError: (error) => { line.say.textContent = reason(error); line.say.className = "act"; line.failed = true; done(); },
        onSuccess: () => {
          line.bar.value = line.bar.max;
          line.page = `${form.dataset.page}${line.upload.url.split("/").pop()}/`;
          const link = document.createElement("a");
          link.href = line.page;
          link.textContent = "查看结果";
          line.say.className = "";
          line.say.replaceChildren("已收齐，", link);
          line.done = true;
          done();
        },
      });
      line.stop = () => { line.say.textContent = "已暂停"; line.paused = true; done(); };
      line.upload.findPreviousUploads().then((earlier) => {
        if (earlier.length) line.upload.resumeFromPreviousUpload(earlier[0]);
        line.upload.start();
      });
    });
  }

  files.addEventListener("change", () => {
    rows.replaceChildren();
    lines = Array.from(files.files, show);
    chosen.hidden = lines.length === 0;
    start.disabled = lines.length === 0;
    say.textContent = "";
  });

  pause.addEventListener("click", () => {
    for (const line of lines.filter((item) => item.upload && !item.done)) line.upload.abort().then(line.stop);
  });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    start.disabled = files.disabled = true;
    pause.hidden = false;
    say.textContent = "正在上传，请不要关闭本页。";
    for (const line of lines) {
      Object.assign(line, { failed: false, paused: false });
      if (!line.done) await send(line);
      if (line.paused) break;
    }
    pause.hidden = true;
    const left = lines.filter((item) => !item.done).length;
    if (!left && lines.length === 1) { window.location.assign(lines[0].page); return; }
    start.disabled = files.disabled = left === 0;
    if (left) files.disabled = false;
    say.textContent = left ? `还有 ${left} 个文件没有传完，点“开始上传”继续。` : "全部收齐，正在后台校验，可以离开本页。";
  });
})();
