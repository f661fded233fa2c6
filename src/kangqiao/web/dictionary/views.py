"""Pages of the dictionary. It holds no personal data: whoever is signed in may read it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from kangqiao.access.rights import needs
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.pages import (
    codes_matching,
    dataset_page,
    rule_page,
    shelves,
    uses_of_all,
    value_set_lines,
)
from kangqiao.standards.wording import GENERAL_CHECKS
from kangqiao.web.dictionary.examples import examples_of
from kangqiao.web.dictionary.finding import Missing, find_dataset, find_rule, find_value_set, hit_groups

LONGEST_SEARCH = 100
"""Characters of a search that are looked at."""

View = Callable[..., HttpResponse]


def tells_near_names(view: View) -> View:
    """A page that does not exist says which names are like the one asked for."""

    @wraps(view)
    def answer(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Missing as missing:
            return render(request, "dictionary/missing.html", {"missing": missing}, status=404)

    return answer


@needs("dictionary.view")
@require_safe
def contents(request: HttpRequest) -> HttpResponse:
    """The table of contents by category, or what a search finds."""
    known = catalogue()
    text = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    if text:
        kind = request.GET.get("kind", "")
        groups = hit_groups(known, text, kind)
        found = {"q": text, "kind": kind, "groups": groups, "total": sum(group.total for group in groups)}
        return render(request, "dictionary/search.html", found)
    context = {
        "shelves": shelves(known),
        "edition": known.edition,
        "profiles": known.profiles.values(),
        "datasets": len(known.datasets),
        "fields": sum(len(item.fields) for item in known.datasets.values()),
        "rules": sum(len(item.rules) for item in known.datasets.values()),
        "value_sets": len(known.value_sets),
    }
    return render(request, "dictionary/contents.html", context)


@needs("dictionary.view")
@require_safe
@tells_near_names
def dataset(request: HttpRequest, dataset: str) -> HttpResponse:
    """One dataset: what a row means, its fields, references, rules, example rows and downloads."""
    known = catalogue()
    item = find_dataset(known, dataset)
    rows = examples_of(item, known)
    shown = dataset_page(item, known)
    context = {
        "page": shown,
        "fields": [
            (line, next((row[place] for row in rows if row[place]), "")) for place, line in enumerate(shown.fields)
        ],
        "rows": rows,
        "required": sum(line.is_required for line in shown.fields),
        "checks": GENERAL_CHECKS,
    }
    return render(request, "dictionary/dataset.html", context)


@needs("dictionary.view")
@require_safe
@tells_near_names
def rule(request: HttpRequest, dataset: str, rule: str) -> HttpResponse:
    """One rule: in words, its expression, its drawn rows, and how to mend what it refuses."""
    known = catalogue()
    item = find_dataset(known, dataset)
    return render(request, "dictionary/rule.html", {"page": rule_page(item, find_rule(item, rule), known)})


@needs("dictionary.view")
@require_safe
def value_sets(request: HttpRequest) -> HttpResponse:
    """All value sets."""
    lines = value_set_lines(catalogue())
    return render(request, "dictionary/value_sets.html", {"lines": lines, "codes": sum(line.codes for line in lines)})


@needs("dictionary.view")
@require_safe
@tells_near_names
def value_set(request: HttpRequest, value_set: str) -> HttpResponse:
    """One value set: its codes, or those that a search within finds, and the fields that use it."""
    known = catalogue()
    item = find_value_set(known, value_set)
    text = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    context = {
        "item": item,
        "q": text,
        "codes": codes_matching(item, text),
        "uses": uses_of_all(known).get(item.name, []),
    }
    return render(request, "dictionary/value_set.html", context)
