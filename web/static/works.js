// Comforts of the form for works. It works without this file.
(function () {
  "use strict";
  const form = document.getElementById("work-form");
  if (!form) return;
  const measure = form.elements.measure_id;
  const part = form.elements.part;
  const unit = form.elements.unit;
  const lines = [...form.querySelectorAll("#known [data-measure]")];
  const amount = document.getElementById("amount");
  const kinds = [...form.querySelectorAll("input[name=amount_kind]")];
  let given = ""; // the unit that was put there, and not typed

  // Only the line of what was chosen stays, and its unit goes into the field unless somebody typed another.
  function showKnown() {
    for (const line of lines) {
      const fits = !measure.value || line.dataset.measure === measure.value;
      line.hidden = !fits || Boolean(part && part.value && line.dataset.part !== part.value);
    }
    const line = lines.find((one) => !one.hidden && one.dataset.measure === measure.value);
    if (line && (unit.value === "" || unit.value === given)) {
      unit.value = line.dataset.unit;
    }
    if (line && unit.value === line.dataset.unit) given = unit.value;
  }

  // What does not apply, or is 0, needs no quantity.
  function showAmount() {
    const chosen = kinds.find((one) => one.checked);
    const quantity = form.elements.quantity;
    quantity.readOnly = Boolean(chosen && chosen.value !== "quantity" && quantity.value === "");
    amount.classList.toggle("silent", quantity.readOnly);
  }

  measure.addEventListener("change", showKnown);
  if (part) part.addEventListener("change", showKnown);
  for (const kind of kinds) kind.addEventListener("change", showAmount);
  showKnown();
  showAmount();
})();
