// A change of the filter asks for the page anew; without this script its button does.
"use strict";
document.querySelectorAll("form[data-submit-on-change]").forEach((form) => {
  form.addEventListener("change", () => {
    form.querySelectorAll("select, input").forEach((field) => { field.disabled = field.value === ""; });
    form.requestSubmit();
  });
});
