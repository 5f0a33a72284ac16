"""Several spells of one customer: errors by customer, by hand, against R, and unchanged when every spell is entered again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from survival_frames import close, lung, reference

from cemlab.core.results import Estimates
from cemlab.stats import diagnostics, hazards, survival

KEYS = ["plan", "replicate", "duration", "cause"]
CUSTOMERS = 60


def rows(*, seed: int = 3, customers: int = CUSTOMERS, most: int = 3, late: bool = False) -> pd.DataFrame:
    """Spells of customers with 1 to `most` each, who share how soon they leave; some in both plans."""
    random = np.random.default_rng(seed)
    many = random.integers(1, most + 1, customers)
    who = np.repeat(np.arange(customers), many)
    haste = np.repeat(random.gamma(2, 0.5, customers), many)
    left = np.ceil(random.exponential(14 / haste))
    seen = random.integers(3, 25, len(who))
    start = np.where(random.random(len(who)) < 0.3, random.integers(1, 4, len(who)), 0) if late else np.zeros(len(who))
    cause = pd.Series(np.where(random.random(len(who)) < 0.6, "price", "moved"), dtype=object)
    frame = pd.DataFrame(
        {
            "plan": random.choice(["a", "b", "c"], len(who)),
            "replicate": who,
            "start": start,
            "duration": np.minimum(left, seen),
            "event": left <= seen,
            "cause": cause.mask(left > seen),
        }
    )
    return frame[frame["duration"] > frame["start"]].reset_index(drop=True)


def table(spells: pd.DataFrame, *, by: list[str] | None = None, clustered: bool = True) -> pd.DataFrame:
    """Their life table, by `by` and by customer."""
    keys = [*(by or []), *(["replicate"] if clustered else []), "duration", "cause"]
    ended = spells.assign(entered=0, events=spells["event"] * 1, censored=~spells["event"] * 1)
    late = spells[spells["start"] > 0]
    came = late.assign(duration=late["start"], cause=None, entered=1, events=0, censored=0)
    both = pd.concat([ended, came.astype({"cause": object})])
    return both.groupby(keys, dropna=False, as_index=False)[["entered", "events", "censored"]].sum()


def cells(spells: pd.DataFrame) -> pd.DataFrame:
    return spells.assign(n=1, events=spells["event"] * 1)


def groups(lives: pd.DataFrame) -> list[str]:
    return ["plan"] if "plan" in lives else []


CURVES: dict[str, Callable[[pd.DataFrame], Estimates]] = {
    "kaplan_meier": lambda lives: survival.kaplan_meier(lives, by=groups(lives), min_n=0),
    "nelson_aalen": lambda lives: survival.nelson_aalen(lives, by=groups(lives), min_n=0),
    "at": lambda lives: survival.at(lives, [4, 9], given=2, by=groups(lives), min_n=0),
    "quantiles": lambda lives: survival.quantiles(lives, [0.25, 0.5], by=groups(lives), min_n=0),
    "rmst": lambda lives: survival.rmst(lives, tau=12, by=groups(lives), min_n=0),
    "incidence": lambda lives: survival.cumulative_incidence(lives, by=groups(lives), min_n=0),
}
COMPARED: dict[str, Callable[[pd.DataFrame], Estimates]] = {
    "shares": lambda lives: survival.differences(lives, times=[4, 9], by=["plan"], min_n=0),
    "means": lambda lives: survival.differences(lives, tau=12, by=["plan"], min_n=0),
    "incidence": lambda lives: survival.incidence_differences(lives, cause="price", times=[4, 9], by=["plan"], min_n=0),
}
ERRORS = ["estimate", "std_error", "ci_low", "ci_high"]


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("name", list(CURVES))
def test_every_spell_entered_again_under_its_customer_changes_no_curve(name: str, late: bool) -> None:
    spells = rows(late=late)
    once, twice = (CURVES[name](table(each)).table for each in (spells, pd.concat([spells, spells])))
    np.testing.assert_allclose(twice[ERRORS].astype(float), once[ERRORS].astype(float), rtol=1e-9)
    naive = CURVES[name](table(pd.concat([spells, spells]), clustered=False)).table
    if name != "quantiles":
        assert (naive["std_error"] < once["std_error"]).mean() > 0.9


@pytest.mark.parametrize("name", list(COMPARED))
def test_every_spell_entered_again_changes_no_difference(name: str) -> None:
    spells = rows()
    once, twice = (
        COMPARED[name](table(each, by=["plan"])).table for each in (spells, pd.concat([spells, spells, spells]))
    )
    columns = [*ERRORS, "p_value"]
    np.testing.assert_allclose(twice[columns].astype(float), once[columns].astype(float), rtol=1e-9)


def test_every_spell_entered_again_changes_no_breslow_cox_nor_its_concordance() -> None:
    spells = rows(late=True)
    found = []
    for each in (spells, pd.concat([spells, spells])):
        fit = hazards.fit_cox(cells(each), terms=["plan"], ties="breslow")
        fit = hazards.clustered(fit, cells(each))
        right = hazards.concordance(fit, cells(each), cluster="replicate").table
        found.append(
            np.concatenate(
                [fit.table[[*ERRORS, "p_value"]].to_numpy(float).ravel(), right[["estimate"]].to_numpy(float).ravel()]
            )
        )
    np.testing.assert_allclose(found[0], found[1], rtol=1e-9)


def test_customers_of_one_spell_have_greenwoods_error() -> None:
    spells = rows(most=1, customers=90)
    lives, alone = table(spells, by=["plan"]), table(spells, by=["plan"], clustered=False)
    for name, each in (*CURVES.items(), *COMPARED.items()):
        if name in {"nelson_aalen", "quantiles"}:
            continue  # Nelson's variance has no ties; quantiles have no error
        np.testing.assert_allclose(each(lives).table["std_error"], each(alone).table["std_error"], rtol=1e-9)


def test_a_share_by_hand() -> None:
    """Nobody censored: the share is a mean over spells, and its error that of a ratio of totals by customer."""
    spells = rows(seed=8).assign(event=True, cause="price")
    lives = table(spells)
    stayed = (spells["duration"] > 6).groupby(spells["replicate"]).agg(["sum", "count"])
    share = stayed["sum"].sum() / len(spells)
    error = np.sqrt(((stayed["sum"] - share * stayed["count"]) ** 2).sum()) / len(spells)
    close(survival.at(lives, [6], min_n=0).table[["estimate", "std_error"]].iloc[0], [share, error])


@pytest.mark.parametrize("late", [False, True])
def test_leaving_out_one_customer_at_a_time_gives_nearly_the_same_errors(late: bool) -> None:
    spells = rows(seed=5, customers=70, late=late)

    def _without(customer: int) -> list[float]:
        rest = table(spells[spells["replicate"] != customer], by=["plan"], clustered=False)
        whole = rest.drop(columns="plan")
        return [
            survival.at(whole, [9], given=3, min_n=0).table["estimate"].iloc[0],
            survival.rmst(whole, tau=12, min_n=0).table["estimate"].iloc[0],
            survival.cumulative_incidence(whole, times=[9], min_n=0).row({"cause": "price"})["estimate"],
            survival.differences(rest, by=["plan"], times=[9], min_n=0).row({"plan": "a"})["estimate"],
        ]

    replicates = np.array([_without(each) for each in range(70)])
    jackknife = np.sqrt(69 / 70 * ((replicates - replicates.mean(axis=0)) ** 2).sum(axis=0))
    lives, whole = table(spells, by=["plan"]), table(spells)
    found = [
        survival.at(whole, [9], given=3, min_n=0).table["std_error"].iloc[0],
        survival.rmst(whole, tau=12, min_n=0).table["std_error"].iloc[0],
        survival.cumulative_incidence(whole, times=[9], min_n=0).row({"cause": "price"})["std_error"],
        survival.differences(lives, by=["plan"], times=[9], min_n=0).row({"plan": "a"})["std_error"],
    ]
    np.testing.assert_allclose(found, jackknife, rtol=0.06)


@pytest.mark.shared
def test_curves_and_concordance_are_those_of_r(shared_dir: Path) -> None:
    people = lung(shared_dir).dropna(subset=["inst"])
    spells = people.assign(start=0, event=people["event"] == 1, cause=None, replicate=people["inst"])
    expected = reference("surv_km")["lung_cluster_inst"]
    found = survival.at(table(spells), expected["time"], min_n=0).table
    close(found["estimate"], expected["surv"])
    close(found["std_error"], expected["se_robust"])
    spells = spells.dropna(subset=["age", "sex", "ecog"]).assign(sex=spells["sex"].astype(float))
    fit = hazards.fit_cox(cells(spells), terms=["age", "sex", "ecog"])
    cox = reference("surv_cox")["lung_cluster_inst"]
    right = hazards.concordance(fit, cells(spells), cluster="replicate")
    close(right.table[["estimate", "std_error"]].iloc[0], [cox["concordance"], cox["concordance_se"]])
    # R has no G/(G − 1).
    close(hazards.clustered(fit, cells(spells)).table["std_error"] * np.sqrt(17 / 18), cox["robust_se"])


def scores_by_loops(spells: pd.DataFrame, plans: list[str]) -> np.ndarray:
    """Each customer's part of O − E of each plan, spell by spell and time by time."""
    result = np.zeros((int(spells["replicate"].max()) + 1, len(plans)))
    for time in sorted(spells.loc[spells["event"], "duration"].unique()):
        there = spells[(spells["start"] < time) & (spells["duration"] >= time)]
        gone = there["event"] & (there["duration"] == time)
        for at, plan in enumerate(plans):
            own = (there["plan"] == plan) - (there["plan"] == plan).mean()
            np.add.at(result, (there["replicate"].to_numpy(), at), own * (gone - gone.mean()))
    return result


@pytest.mark.parametrize("late", [False, True])
def test_log_rank_by_hand(late: bool) -> None:
    spells = rows(late=late)
    found = survival.log_rank(table(spells, by=["plan"]), by=["plan"], min_n=0)
    scores = scores_by_loops(spells, ["a", "b", "c"])[:, 1:]
    excess = scores.sum(axis=0)
    close(found.table["estimate"], [excess @ np.linalg.inv(scores.T @ scores) @ excess])
    assert "clustered by customer" in found.method
    pair = survival.pairwise(table(spells, by=["plan"]), by=["plan"], min_n=0).table
    for plan, versus, chi_square, estimate, error in pair[
        ["plan", "versus", "chi_square", "estimate", "std_error"]
    ].itertuples(index=False):
        own = scores_by_loops(spells[spells["plan"].isin([plan, versus])], [plan])
        close([chi_square, estimate / error], [own.sum() ** 2 / (own**2).sum(), own.sum() / np.sqrt((own**2).sum())])


def test_what_a_customer_adds_in_two_strata_is_added_before_it_is_squared() -> None:
    spells = rows(seed=11).assign(region=lambda each: np.where(np.arange(len(each)) % 2, "n", "s"))
    lives = table(spells, by=["plan", "region"])
    parts = [
        scores_by_loops(pd.concat([each, spells.tail(1).assign(event=False, duration=0.5)]), ["a", "b", "c"])[:, 1:]
        for _, each in spells.groupby("region")
    ]
    scores = np.sum([np.vstack([each, np.zeros((CUSTOMERS - len(each), 2))]) for each in parts], axis=0)
    excess = scores.sum(axis=0)
    found = survival.log_rank(lives, by=["plan"], strata=["region"], min_n=0).table["estimate"]
    close(found, [excess @ np.linalg.inv(scores.T @ scores) @ excess])


def test_grays_test_is_hardly_moved_by_spells_entered_again_and_the_naive_one_is() -> None:
    spells = rows(seed=4, customers=80, most=1)
    thrice = pd.concat([spells, spells, spells])
    one = (
        survival.gray_test(table(spells, by=["plan"], clustered=False), by=["plan"], cause="price", min_n=0)
        .table["estimate"]
        .iloc[0]
    )
    clustered, naive = (
        survival.gray_test(table(thrice, by=["plan"], clustered=each), by=["plan"], cause="price", min_n=0)
        .table["estimate"]
        .iloc[0]
        for each in (True, False)
    )
    assert 0.7 < clustered / one < 1.3
    assert naive / one > 2.5


def test_constant_ratios_are_tested_by_customer() -> None:
    spells = rows(seed=6, customers=150, most=1)
    thrice = pd.concat([spells, spells, spells])
    found = {}
    for name, each, cluster in (("once", spells, ""), ("clustered", thrice, "replicate"), ("naive", thrice, "")):
        fit = hazards.fit_cox(cells(each), terms=["plan"], ties="breslow")
        test = diagnostics.proportional_hazards(fit, cells(each), cluster=cluster)
        found[name] = test.row({"term": "plan"})["estimate"], test.parts["effect"]["std_error"].mean()
    for at in (0, 1):
        assert 0.75 < found["clustered"][at] / found["once"][at] < 1.3
    assert found["naive"][0] / found["once"][0] > 2.5


def test_fine_and_gray_cluster() -> None:
    spells = rows(seed=9, customers=150, most=1)
    thrice = pd.concat([spells, spells, spells])
    asked = {"terms": ["plan"], "cause": "price", "ties": "breslow"}
    once, clustered, naive = (
        hazards.fit_fine_gray(cells(each), cluster=cluster, **asked).table["std_error"].to_numpy()  # type: ignore[arg-type]
        for each, cluster in ((spells, ""), (thrice, "replicate"), (thrice, ""))
    )
    np.testing.assert_allclose(clustered, once, rtol=1e-9)
    np.testing.assert_allclose(naive, once / np.sqrt(3), rtol=1e-9)


@pytest.mark.parametrize(("customers", "told"), [(9, "without interval"), (20, "a small sample"), (40, "")])
def test_few_customers_have_no_interval_or_a_mark(customers: int, told: str) -> None:
    spells = rows(customers=customers, seed=2)
    found = survival.at(table(spells), [4], min_n=0)
    assert found.table["ci_low"].isna().all() == (customers < 10)
    assert found.table["estimate"].notna().all()
    assert any(told in note for note in found.notes) if told else not found.notes
    two = spells.assign(plan=np.where(spells["plan"] == "a", "a", "b"))
    test = survival.log_rank(table(two, by=["plan"]), by=["plan"], min_n=0).table
    assert test["p_value"].isna().all() == (customers < 10)
    fit = hazards.clustered(hazards.fit_cox(cells(two), terms=["plan"], min_n=0), cells(two))
    assert fit.table["std_error"].isna().all() == (customers < 10)
    assert fit.table["estimate"].notna().all()


def test_spells_of_one_customer_alone_give_ratios_without_errors() -> None:
    spells = rows(customers=20)
    fit = hazards.fit_cox(cells(spells), terms=["plan"], min_n=0)
    found = hazards.clustered(fit, cells(spells.assign(replicate=0)))
    assert found.table["estimate"].equals(fit.table["estimate"])
    assert found.table[["std_error", "ci_low", "ci_high", "p_value"]].isna().all(axis=None)


def test_a_group_of_few_customers_alone_has_no_interval() -> None:
    spells = rows(customers=80).assign(plan=lambda each: np.where(each["replicate"] < 5, "rare", "usual"))
    found = survival.at(table(spells, by=["plan"]), [4], by=["plan"], min_n=0)
    assert found.row({"plan": "rare"})["ci_low"] != found.row({"plan": "rare"})["ci_low"]
    assert found.row({"plan": "usual"})["ci_low"] < 1


def test_the_order_and_the_names_of_customers_do_not_matter() -> None:
    spells = rows()
    lives = table(spells, by=["plan"])
    renamed = lives.assign(replicate=977 - 13 * lives["replicate"]).sample(frac=1, random_state=1)
    for each in (*CURVES.values(), *COMPARED.values()):
        some = each(lives.drop(columns="plan")) if each in CURVES.values() else each(lives)
        other = each(renamed.drop(columns="plan")) if each in CURVES.values() else each(renamed)
        np.testing.assert_allclose(other.table[ERRORS].astype(float), some.table[ERRORS].astype(float), rtol=1e-12)
