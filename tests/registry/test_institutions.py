"""The register of institutions."""

from __future__ import annotations

import pytest

from kangqiao.registry.actions import ensure_institutions
from kangqiao.registry.models import Institution, InstitutionKind
from kangqiao.registry.queries import active_institutions, institution_by_text, institutions_by_text

pytestmark = pytest.mark.django_db


def test_the_published_list_is_registered_in_its_order():
    assert ensure_institutions() == 53
    districts = active_institutions(InstitutionKind.DISTRICT)
    hospitals = active_institutions(InstitutionKind.HOSPITAL)
    assert [item.name for item in districts[:2]] == ["江宁区", "溧水区"]
    assert (len(districts), districts[-1].name, districts[-1].code) == (12, "秦淮区", "NJ-D12")
    assert (len(hospitals), hospitals[0].name, hospitals[-1].code) == (41, "江苏省中医院", "NJ-H41")
    assert active_institutions() == districts + hospitals


def test_registering_again_changes_nothing_that_an_operator_has_changed():
    ensure_institutions()
    Institution.objects.filter(code="NJ-D12").update(name="秦淮区平台", is_active=False)
    assert ensure_institutions() == 0
    assert Institution.objects.get(code="NJ-D12").name == "秦淮区平台"


def test_an_institution_is_found_by_name_and_by_code():
    ensure_institutions()
    assert institution_by_text("南京鼓楼医院") == institution_by_text(" nj-h02 ")
    assert institutions_by_text()["NJ-H02"].name == "南京鼓楼医院"
    assert institutions_by_text()["南京鼓楼医院"].code == "NJ-H02"


def test_unknown_and_inactive_institutions_are_not_found():
    ensure_institutions()
    Institution.objects.filter(code="NJ-H02").update(is_active=False)
    assert institution_by_text("南京鼓楼医院") is None
    assert institution_by_text("") is None
    assert "NJ-H02" not in institutions_by_text()
    assert len(institutions_by_text()) == 105
