"""The people of the city: well-formed, all different, families together."""

from datetime import date

import numpy as np
import pytest
from stdnum.cn import ric, uscc

from kangqiao.simulate.house import institution_code
from kangqiao.simulate.population import BLOCK, CHILDREN, MOTHERS, Population

PEOPLE = Population(seed=7, size=60_000, today=date(2024, 6, 1))
EVERYONE = np.arange(PEOPLE.size)


def test_identity_numbers_have_the_right_check_date_and_sex():
    sample = EVERYONE[::37]
    numbers = PEOPLE.id_numbers(sample).tolist()
    for number, sex in zip(numbers, PEOPLE.sex(sample).tolist(), strict=True):
        assert number[-1] == ric.calc_check_digit(number)
        assert ric.get_birth_date(number) <= date(2024, 5, 31)
        assert int(number[16]) % 2 == sex % 2
        assert number.startswith("3201")


def test_no_two_people_of_a_whole_city_share_a_number():
    city = Population(seed=11, size=9_400_000, today=date(2024, 6, 1))
    people = np.concatenate([np.arange(0, 400_000), np.arange(6_000_000, 6_400_000)])
    assert len(set(city.id_numbers(people).tolist())) == len(people)


def test_households_share_an_address_and_children_the_fathers_surname():
    first = np.arange(0, 600 * BLOCK, BLOCK)
    father, mother, child = first + 3, first + 4, first + 5
    assert PEOPLE.addresses(father).tolist() == PEOPLE.addresses(mother).tolist() == PEOPLE.addresses(child).tolist()
    heads, children = PEOPLE.names(father).tolist(), PEOPLE.names(child).tolist()
    compound = ("端木", "欧阳")
    assert all(b.startswith(a[:2] if a.startswith(compound) else a[0]) for a, b in zip(heads, children, strict=True))
    assert PEOPLE.phones(child).tolist() == PEOPLE.phones(mother).tolist()


def test_ages_are_those_of_an_old_chinese_city():
    age = PEOPLE.age(EVERYONE)
    shares = [round(float(np.mean((age >= low) & (age < high))), 2) for low, high in ((0, 15), (15, 60), (60, 120))]
    assert shares == [0.14, 0.61, 0.26]
    assert (PEOPLE.age(PEOPLE.draw(np.random.default_rng(1), 500, CHILDREN)) <= 18).all()
    assert (PEOPLE.sex(PEOPLE.draw(np.random.default_rng(1), 500, MOTHERS)) == 2).all()


def test_nobody_young_has_a_chronic_disease():
    sick = PEOPLE.has_hypertension(EVERYONE) | PEOPLE.has_diabetes(EVERYONE)
    assert PEOPLE.age(EVERYONE[sick]).min() == 30


def test_a_person_is_the_same_whoever_asks_and_another_seed_is_another_city():
    assert PEOPLE.names(np.array([5, 77])).tolist() == PEOPLE.names(np.array([77, 5])).tolist()[::-1]
    other = Population(seed=8, size=60_000, today=date(2024, 6, 1))
    assert other.names(EVERYONE[:50]).tolist() != PEOPLE.names(EVERYONE[:50]).tolist()


def test_residents_of_a_district_carry_its_code():
    assert set(PEOPLE.division_codes(PEOPLE.residents("江宁区")).tolist()) == {320115}
    assert set(PEOPLE.division_codes(PEOPLE.residents("江北新区")).tolist()) == {320111, 320116}


@pytest.mark.parametrize("number", [1, 12, 13, 51])
def test_institution_codes_are_well_formed(number):
    assert uscc.is_valid(institution_code(number))
