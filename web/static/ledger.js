// Comforts of the ledger's pages. Every page works without this file.
(function () {
  "use strict";

  // ---- pasting from a spreadsheet into the grid, and moving in it by keys

  const grid = document.getElementById("grid");

  // The cells of copied text: tabs between cells, line breaks between rows, quotes around cells that hold either.
  function cellsOf(text) {
    const rows = [[""]];
    let quoted = false;
    for (let place = 0; place < text.length; place += 1) {
      const sign = text[place];
      const row = rows[rows.length - 1];
      if (quoted) {
        if (sign !== '"') row[row.length - 1] += sign;
        else if (text[place + 1] === '"') {
          row[row.length - 1] += sign;
          place += 1;
        } else quoted = false;
      } else if (sign === '"' && row[row.length - 1] === "") quoted = true;
      else if (sign === "\t") row.push("");
      else if (sign === "\n") rows.push([""]);
      else if (sign !== "\r") row[row.length - 1] += sign;
    }
    while (rows.length && rows[rows.length - 1].every((cell) => cell === "")) rows.pop();
    return rows;
  }

  function inputsOf(row) {
    return [...row.querySelectorAll("input")];
  }

  function lines() {
    return [...grid.tBodies[0].rows];
  }

  function addLine() {
    const last = lines().at(-1);
    const line = last.cloneNode(true);
    const number = lines().length + 1;
    line.cells[0].textContent = String(number);
    for (const error of line.querySelectorAll(".field-error")) error.remove();
    for (const input of inputsOf(line)) {
      input.value = "";
      input.id = `f-${input.name}-${number}`;
      input.setAttribute("aria-label", input.getAttribute("aria-label").replace(/\d+$/, String(number)));
      clearMark(input);
    }
    grid.tBodies[0].append(line);
  }

  function clearMark(input) {
    input.classList.remove("wrong-cell");
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-describedby");
    const error = input.parentElement.querySelector(".field-error");
    if (error) error.remove();
  }

  function tell(template, number) {
    document.getElementById("grid-told").textContent = template.replace("{n}", String(number));
  }

  if (grid) {
    const most = Number(grid.dataset.most);

    grid.addEventListener("paste", function (event) {
      const text = event.clipboardData.getData("text/plain");
      if (!event.target.matches("input") || !/[\t\n]/.test(text)) return;
      event.preventDefault();
      const rows = cellsOf(text);
      const start = lines().indexOf(event.target.closest("tr"));
      const column = inputsOf(event.target.closest("tr")).indexOf(event.target);
      const room = Math.min(rows.length, most - start);
      while (lines().length < start + room) addLine();
      const targets = lines();
      rows.slice(0, room).forEach(function (cells, down) {
        const inputs = inputsOf(targets[start + down]);
        cells.forEach(function (cell, right) {
          const input = inputs[column + right];
          if (!input) return;
          input.value = cell.replace(/\s*\n\s*/g, " ").trim();
          clearMark(input);
        });
      });
      tell(room < rows.length ? grid.dataset.tooMany : grid.dataset.told, room);
    });

    grid.addEventListener("keydown", function (event) {
      if (!event.target.matches("input") || event.isComposing) return;
      const step = { ArrowDown: 1, ArrowUp: -1, Enter: event.shiftKey ? -1 : 1 }[event.key];
      if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
      if (event.key !== "Enter" && event.target.list) return; // arrows choose in the list of a cell
      event.preventDefault();
      const row = event.target.closest("tr");
      const place = lines().indexOf(row) + step;
      if (place === lines().length && place < most) addLine();
      const target = lines()[place];
      if (target) inputsOf(target)[inputsOf(row).indexOf(event.target)].focus();
    });
  }

  // ---- ticking everything on a page, and how much is ticked

  function boxes(name) {
    return [...document.querySelectorAll(`input[type=checkbox][name="${name}"]`)];
  }

  function countTicked() {
    const told = document.getElementById("ticked");
    if (!told) return;
    told.textContent = told.dataset.told.replace("{n}", String(boxes("entry").filter((box) => box.checked).length));
  }

  document.addEventListener("click", function (event) {
    const all = event.target.closest("[data-tick-all]");
    if (!all) return;
    event.preventDefault();
    const found = boxes(all.dataset.tickAll);
    const tick = found.some((box) => !box.checked);
    for (const box of found) box.checked = tick;
    countTicked();
  });

  document.addEventListener("change", countTicked);
  countTicked();

  // ---- the reason of a correction is asked for when the day lies in a closed quarter

  const correction = document.getElementById("correction");
  const day = document.getElementById("f-occurred_on");
  if (correction && day) {
    const from = correction.dataset.openFrom || "";
    const reason = correction.querySelector("textarea");
    const follow = function () {
      const closed = day.value !== "" && day.value < from;
      correction.hidden = !closed && reason.value === "";
      reason.required = closed;
    };
    day.addEventListener("input", follow);
    follow();
  }
})();
