"use strict";
// Filters, languages and colours. Without this script the page can be read, whole.
{
  const $ = (id) => document.getElementById(id);
  const form = document.querySelector(".filters");
  const claims = [...document.querySelectorAll("article.claim")];
  const questions = [...document.querySelectorAll("section.question")];
  const roles = [...document.querySelectorAll("details.role")];
  const atFirst = new Map(roles.map((each) => [each, each.open]));

  // Words are the same whichever keyboard wrote them: Arabic and Persian yeh and kaf, joined or with a thin gap.
  const plain = (text) => text.normalize("NFKC").toLowerCase()
    .replace(/[يى]/g, "ی").replace(/ك/g, "ک").replace(/[\u064b-\u065f\u0640]/g, "").replace(/\u200c/g, " ");
  const texts = new Map();
  const textOf = (claim) => {
    if (!texts.has(claim)) texts.set(claim, plain(claim.textContent));
    return texts.get(claim);
  };

  const filter = () => {
    const words = plain($("search").value).split(/\s+/).filter(Boolean);
    const role = $("role").value;
    const outcome = $("outcome").value;
    let found = 0;
    for (const claim of claims) {
      const { question, verdict, outcome: own, unexpected } = claim.dataset;
      const shown = (!$("question").value || question === $("question").value)
        && (!$("verdict").value || verdict === $("verdict").value)
        && (!outcome || own === outcome || unexpected === outcome)
        && (!role || claim.querySelector(`details.role[data-role="${role}"]`) !== null)
        && words.every((word) => textOf(claim).includes(word));
      claim.hidden = !shown;
      found += shown;
    }
    for (const question of questions) question.hidden = !question.querySelector("article:not([hidden])");
    for (const each of roles) {
      each.hidden = role !== "" && each.dataset.role !== role;
      if (role) each.open = each.dataset.role === role;
    }
    $("found").textContent = `${found === claims.length ? "" : `${found} of `}${claims.length} ${claims.length === 1 ? "claim" : "claims"}`;
    $("none").hidden = found > 0;
  };

  const reset = () => {
    form.reset();
    for (const [each, open] of atFirst) each.open = open;
    languages();
    filter();
    $("search").focus();
  };

  const languages = () => {
    for (const language of ["en", "fa"]) {
      document.documentElement.classList.toggle(`no-${language}`, !$(`show-${language}`).checked);
    }
  };

  const dark = () => getComputedStyle(document.documentElement).colorScheme === "dark"
    || (document.documentElement.dataset.theme === undefined && matchMedia("(prefers-color-scheme: dark)").matches);
  const press = () => $("theme").setAttribute("aria-pressed", String(dark()));
  const remembered = (value) => {
    try {
      if (value) localStorage.setItem("claims-theme", value);
      return localStorage.getItem("claims-theme");
    } catch {
      return null; // a page that may store nothing forgets
    }
  };

  const openAll = (open) => {
    for (const each of document.querySelectorAll("#claims details")) {
      if (!each.classList.contains("values")) each.open = open;
    }
    $("open").textContent = open ? "Close all" : "Open all";
  };

  const goTo = () => {
    const target = location.hash.length > 1 && $(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    const claim = target.closest("article.claim");
    if (claim && claim.hidden) {
      reset();
    }
    for (let each = target.closest("details"); each; each = each.parentElement.closest("details")) each.open = true;
    target.scrollIntoView();
  };

  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", (event) => (event.target.type === "checkbox" ? languages() : filter()));
  $("reset").addEventListener("click", reset);
  $("open").addEventListener("click", () => openAll($("open").textContent === "Open all"));
  $("theme").addEventListener("click", () => {
    const other = dark() ? "light" : "dark";
    document.documentElement.dataset.theme = other;
    remembered(other);
    press();
  });
  const theme = remembered();
  if (theme) document.documentElement.dataset.theme = theme;
  press();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", press);
  addEventListener("hashchange", goTo);

  // On paper nothing can be opened.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")].filter((each) => !each.classList.contains("values"));
    for (const each of closed) each.open = true;
  });
  addEventListener("afterprint", () => {
    for (const each of closed) each.open = false;
  });

  languages();
  filter();
  goTo();
}
