"""Links into the dictionary; empty where the catalogue does not know a name, so that nothing leads nowhere."""

from __future__ import annotations

from django import template
from django.urls import reverse

from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.wording import GENERAL_CHECKS

register = template.Library()


@register.filter
def dataset_address(name: str) -> str:
    """The page of a dataset."""
    return reverse("dictionary-dataset", args=[name]) if name in catalogue().datasets else ""


@register.simple_tag
def field_address(dataset: str, field: str) -> str:
    """The place of a field, the first of several (``visit_no,item_no``), on its dataset's page."""
    known = catalogue().datasets.get(dataset)
    first = field.partition(",")[0]
    return f"{dataset_address(dataset)}#field-{first}" if known and first in known.by_name else ""


@register.simple_tag
def rule_address(dataset: str, rule: str) -> str:
    """The page of a dataset's own rule, or the place where a check that every dataset has is explained."""
    known = catalogue().datasets.get(dataset)
    if known is None:
        return ""
    if any(item.code == rule for item in known.rules):
        return reverse("dictionary-rule", args=[dataset, rule])
    if any(item.code == rule for item in GENERAL_CHECKS):
        return f"{dataset_address(dataset)}#check-{rule}"
    return ""
