// Small comforts. Every page works without this file.
(function () {
  "use strict";
  document.documentElement.classList.add("scripted");

  document.addEventListener("change", function (event) {
    if (event.target.matches("select[data-submit]")) event.target.form.requestSubmit();
  });

  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-back]")) history.back();
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  document.addEventListener("focusin", function (event) {
    if (event.target.matches("input[data-select]")) event.target.select();
  });

  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      for (const menu of document.querySelectorAll("details.menu[open]")) {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
    }
    // A slash goes to the search box, as long as nobody is typing.
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const search = document.getElementById("search");
      if (search) {
        event.preventDefault();
        search.focus();
      }
    }
  });

  // A list that htmx narrows changes the address but not the frame: its pickers and switches then follow the address.
  document.addEventListener("htmx:pushedIntoHistory", function () {
    const here = new URLSearchParams(location.search);
    for (const name of ["after", "lang", "unit"]) here.delete(name);
    for (const form of document.querySelectorAll("form.picker")) {
      const own = form.querySelector("select").name;
      for (const old of form.querySelectorAll("input[type=hidden]")) old.remove();
      for (const [name, value] of here) {
        if (name === own) continue;
        const kept = document.createElement("input");
        kept.type = "hidden";
        kept.name = name;
        kept.value = value;
        form.append(kept);
      }
    }
    for (const link of document.querySelectorAll(".switch a, a.language")) {
      const own = new URLSearchParams(link.search);
      const query = new URLSearchParams(here);
      for (const name of ["lang", "unit"]) if (own.has(name)) query.append(name, own.get(name));
      link.search = query.toString();
    }
  });

  // The parts of a long page: closed where they would be scrolled for ever, opened by what leads to them and for printing.
  const parts = document.querySelectorAll("details.part");
  function openTo(hash) {
    const target = hash.length > 1 && document.getElementById(decodeURIComponent(hash.slice(1)));
    const part = target && target.closest("details.part");
    if (part) part.open = true;
  }
  if (matchMedia("(max-width: 40rem)").matches) for (const part of parts) part.open = false;
  openTo(location.hash);
  addEventListener("hashchange", function () { openTo(location.hash); });
  addEventListener("beforeprint", function () { for (const part of parts) part.open = true; });
  document.addEventListener("click", function (event) {
    const link = event.target.closest('.contents a[href^="#"]');
    if (link) openTo(link.hash);
  });
})();
