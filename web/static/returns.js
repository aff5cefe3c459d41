// Saves what is typed into a return as a draft while it is typed, and keeps what could not be saved. The page works without it.
(function () {
  "use strict";
  // On a phone the list of projects would stand before the form.
  const list = document.querySelector("details.return-side");
  if (list && matchMedia("(max-width: 56rem)").matches) list.open = false;

  const form = document.getElementById("return-form");
  if (!form || !window.htmx) return;
  const PAUSE = 900; // milliseconds without a key before a cell is saved
  const said = form.dataset; // sentences of the page: saving, offline, signIn, refused
  const timers = new Map();
  let leaving = null; // where a link led that was pressed before everything was saved
  let submitting = false;

  function cells(state) {
    return [...form.querySelectorAll(`[data-cell][data-state="${state}"]`)];
  }

  function fieldsOf(cell) {
    return [...cell.querySelectorAll("input:not([type=hidden]), textarea, select")];
  }

  function mainField(cell) {
    return cell.querySelector(".cell-input");
  }

  function tell(cell, sentence, kind) {
    const place = cell.querySelector(".cell-told");
    place.textContent = sentence;
    place.className = `cell-told ${kind}`;
  }

  function save(cell) {
    clearTimeout(timers.get(cell));
    timers.delete(cell);
    window.htmx.trigger(cell, "save");
  }

  function touch(cell) {
    cell.dataset.state = "typed";
    clearTimeout(timers.get(cell));
    timers.set(cell, setTimeout(save, PAUSE, cell));
  }

  function put(cell, value) {
    const field = mainField(cell);
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
    field.focus();
  }

  form.addEventListener("input", function (event) {
    const cell = event.target.closest("[data-cell]");
    if (!cell || event.target.closest(".notes")) return;
    const apart = cell.querySelector("[data-not-applicable]");
    if (apart && event.target === apart && apart.checked) mainField(cell).value = "";
    if (apart && event.target !== apart && event.target.value !== "") apart.checked = false;
    touch(cell);
  });

  form.addEventListener("change", function (event) {
    const cell = event.target.closest("[data-cell]");
    if (cell && cell.dataset.state === "typed") save(cell);
  });

  // Buttons that without a script would send the whole form: the text of the last quarter, what is on record, either version.
  form.addEventListener("click", function (event) {
    const button = event.target.closest("button[data-put]");
    if (!button) return;
    event.preventDefault();
    const cell = button.closest("[data-cell]");
    const apart = cell.querySelector("[data-not-applicable]");
    if (apart) apart.checked = button.dataset.put === "not-applicable";
    put(cell, apart && apart.checked ? "" : button.dataset.put);
  });
  form.addEventListener("click", function (event) {
    const button = event.target.closest("button[data-again]");
    if (!button) return;
    event.preventDefault();
    const cell = button.closest("[data-cell]");
    cell.dataset.state = "typed";
    save(cell);
  });
  form.addEventListener("submit", function () {
    submitting = true;
  });

  form.addEventListener("htmx:beforeRequest", function (event) {
    const cell = event.target.closest("[data-cell]");
    if (!cell || event.target !== cell) return;
    cell.dataset.state = "saving";
    tell(cell, said.saving, "silent");
  });

  // The amount in words is a comfort: when the sign-in has expired it must not lead away from what was typed.
  form.addEventListener("htmx:beforeOnLoad", function (event) {
    if (event.target.closest("[data-cell]") !== event.target && event.detail.xhr.status === 401) event.preventDefault();
  });

  form.addEventListener("htmx:afterRequest", function (event) {
    const cell = event.target.closest("[data-cell]");
    if (!cell || event.target !== cell) return;
    const answer = event.detail.xhr;
    const typedSince = cell.dataset.state === "typed";
    const ours = answer.status !== 0 && !answer.getResponseHeader("HX-Retarget") && [200, 409, 422].includes(answer.status);
    if (typedSince) return; // the answer is of what stood there before; the next one is on its way
    if (ours) {
      cell.dataset.state = answer.status === 200 ? "saved" : "refused";
    } else {
      cell.dataset.state = "failed";
      tell(cell, answer.status === 401 ? said.signIn : answer.status === 0 ? said.offline : said.refused, "wrong");
    }
    leave();
  });

  form.addEventListener("htmx:afterSwap", function (event) {
    const cell = event.target.closest("[data-cell]");
    if (!cell) return;
    const wrong = cell.querySelector(".cell-status .field-error");
    for (const field of fieldsOf(cell)) {
      if (field.closest(".notes")) continue;
      field.classList.toggle("is-invalid", Boolean(wrong));
      if (wrong) field.setAttribute("aria-invalid", "true");
      else field.removeAttribute("aria-invalid");
    }
  });

  // What could not be sent is sent again when the network or the person comes back, such as from signing in elsewhere.
  function again() {
    for (const cell of cells("failed")) save(cell);
  }
  addEventListener("online", again);
  addEventListener("focus", again);

  function waiting() {
    return cells("typed").length + cells("saving").length;
  }

  function leave() {
    if (leaving && waiting() === 0 && cells("failed").length === 0 && cells("refused").length === 0) {
      const target = leaving;
      leaving = null;
      location.assign(target);
    }
  }

  document.addEventListener("click", function (event) {
    const link = event.target.closest("a[href]");
    if (!link || link.target || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    if (link.getAttribute("href").startsWith("#") || waiting() === 0 || leaving) return;
    event.preventDefault();
    leaving = link.href;
    for (const cell of cells("typed")) save(cell);
  });

  addEventListener("beforeunload", function (event) {
    if (submitting || waiting() + cells("failed").length === 0) return;
    event.preventDefault();
  });
})();
