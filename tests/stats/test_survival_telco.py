"""The telecom sample's published numbers, from its rows to curves, tests, models and diagnostics."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from survival_frames import as_cells, close, life_table, reference, telco

from cemlab.stats import diagnostics, hazards, survival

pytestmark = pytest.mark.shared

R = reference("telco")
TERMS = ["contract", "internet", "monthly", "senior", "partner", "paperless", "security", "support"]
FIRST = {"contract": "M", "internet": "DSL"}


@pytest.fixture(scope="module")
def rows(shared_dir: Path) -> pd.DataFrame:
    return telco(shared_dir)


def test_shares_still_there_and_restricted_means(rows: pd.DataFrame) -> None:
    for name, part in (("km_all", rows), ("km_contract_M", rows[rows["contract"] == "M"])):
        expected, lives = R[name], life_table(part)
        found = survival.at(lives, expected["times"], min_n=1).table
        close(found["estimate"], expected["surv"])
        close(found["std_error"], expected["se"])
        close(found["ci_low"], expected["loglog_lower"])
        assert found["at_risk"].tolist() == expected["n_risk"]
        mean = survival.rmst(lives, tau=72, min_n=1).row()
        close([mean["estimate"], mean["std_error"]], list(expected["rmst"]["tau72"].values()))
        quantiles = survival.quantiles(lives, expected["quantiles"]["p"], min_n=1).table
        close(quantiles["estimate"], expected["quantiles"]["q"])
        close(quantiles["ci_low"], expected["quantiles"]["lower_loglog"])
        close(quantiles["ci_high"], expected["quantiles"]["upper_loglog"])


def test_published_shares_after_one_year(rows: pd.DataFrame) -> None:
    curve = survival.kaplan_meier(life_table(rows)).table.set_index("duration")
    assert curve["estimate"][[1, 12, 72]].round(6).tolist() == [0.945961, 0.843200, 0.592790]
    assert curve["at_risk"][[0, 1]].tolist() == [7043, 7032]


@pytest.mark.parametrize(
    ("name", "group", "strata"),
    [
        ("contract", "contract", []),
        ("male", "male", []),
        ("internet", "internet", []),
        ("senior_strat_contract", "senior", ["contract"]),
    ],
)
def test_log_rank(rows: pd.DataFrame, name: str, group: str, strata: list[str]) -> None:
    found = survival.log_rank(life_table(rows, by=[group, *strata]), by=[group], strata=strata).row()
    assert found["estimate"] == pytest.approx(R["logrank"][name]["chisq"], rel=1e-11)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_cox_with_ten_columns(rows: pd.DataFrame, ties: str) -> None:
    cells, expected = as_cells(rows, terms=TERMS), R[f"cox_{ties}"]
    fit = hazards.fit_cox(cells, terms=TERMS, ties=ties, robust=True, reference=FIRST)  # type: ignore[arg-type]
    close(fit.table["estimate"], expected["coef"], rtol=1e-9)
    close(fit.parts["model_based"]["std_error"], expected["se"], rtol=1e-9)
    close(fit.table["std_error"], expected["robust_se"], rtol=1e-9)
    close(fit.parts["fit"]["log_likelihood"], [expected["loglik"]])
    found = hazards.concordance(fit, cells).row()
    close([found["estimate"], found["std_error"]], [expected["concordance"], expected["concordance_se"]])
    assert len(cells) < len(rows)


def test_published_cox_of_contract_and_gender(rows: pd.DataFrame) -> None:
    cells = as_cells(rows, terms=["contract", "male"])
    fit = hazards.fit_cox(cells, terms=["contract", "male"], reference=FIRST)
    assert fit.table["estimate"].round(5).tolist() == [-2.19184, -4.22809, -0.04787]
    assert fit.table["std_error"].round(5).tolist() == [0.08346, 0.15637, 0.04632]
    assert hazards.concordance(fit, cells).row()["estimate"] == pytest.approx(0.775, abs=0.0005)


def test_proportional_hazards(rows: pd.DataFrame) -> None:
    cells = as_cells(rows, terms=TERMS)
    fit = hazards.fit_cox(cells, terms=TERMS, reference=FIRST)
    found = diagnostics.proportional_hazards(fit, cells, slices=0).table
    close(found["estimate"], R["zph_km"]["chisq"], rtol=1e-9)
    close(found["p_value"], R["zph_km"]["p"], rtol=1e-7)


def test_predicted_curves(rows: pd.DataFrame) -> None:
    fit, expected = hazards.fit_cox(as_cells(rows, terms=TERMS), terms=TERMS, reference=FIRST), R["pred_efron"]
    profiles = pd.DataFrame(expected["newdata"])
    numbers = [name for name in TERMS if name not in FIRST]
    profiles[numbers] = profiles[numbers].astype(float)
    found = hazards.predicted_survival(fit, profiles, expected["times"]).table
    for key, column in (
        ("surv", "estimate"),
        ("se", "std_error"),
        ("loglog_lower", "ci_low"),
        ("loglog_upper", "ci_high"),
    ):
        close(found[column], [value for values in zip(*expected[key], strict=True) for value in values], rtol=1e-8)


@pytest.mark.parametrize("link", ["logit", "cloglog"])
def test_discrete_time_hazards(rows: pd.DataFrame, link: str) -> None:
    terms = ["contract", "internet", "monthly", "senior"]
    lived = rows[rows["duration"] > 0]
    months = lived.loc[lived.index.repeat(lived["duration"])]
    period = months.groupby(level=0).cumcount() + 1
    cells = months.assign(period=period, n_at_risk=1, events=(period == months["duration"]) * months["event"])
    cells = cells.groupby(["period", *terms], as_index=False)[["n_at_risk", "events"]].sum()
    fit = hazards.fit_discrete(cells, terms=terms, link=link, time="log", reference=FIRST)  # type: ignore[arg-type]
    expected = R[f"discrete_{link}"]
    rtol = 1e-9 if link == "logit" else 1e-6
    close(fit.parts["all"]["estimate"], expected["coef"], rtol=rtol)
    close(fit.parts["all"]["std_error"], expected["se"], rtol=rtol)


def test_hotel_cancellations_are_not_overstated(shared_dir: Path) -> None:
    bookings = pd.read_csv(next((shared_dir / "data/hotel_bookings").glob("*.csv*")))
    status = pd.to_datetime(bookings["reservation_status_date"])
    months = {
        name: k
        for k, name in enumerate(
            (
                "January",
                "February",
                "March",
                "April",
                "May",
                "June",
                "July",
                "August",
                "September",
                "October",
                "November",
                "December",
            ),
            1,
        )
    }
    arrival = pd.to_datetime(
        pd.DataFrame(
            {
                "year": bookings["arrival_date_year"],
                "month": bookings["arrival_date_month"].map(months),
                "day": bookings["arrival_date_day_of_month"],
            }
        )
    )
    booked = arrival - pd.to_timedelta(bookings["lead_time"], unit="D")
    canceled = bookings["reservation_status"] == "Canceled"
    days = np.where(canceled, (status - booked).dt.days, bookings["lead_time"])
    frame = pd.DataFrame(
        {"duration": days, "event": pd.Series(np.where(canceled, "cancelled", "arrived"), dtype=object)}
    )
    frame = frame[frame["duration"] >= 0]
    found = survival.cumulative_incidence(life_table(frame), times=[7, 30, 60, 90, 180, 365]).table
    cancelled = found[found["cause"] == "cancelled"]
    np.testing.assert_allclose(
        cancelled["estimate"], [0.123168, 0.193517, 0.243228, 0.274252, 0.329416, 0.356336], atol=5e-7
    )
    assert cancelled["overstated"].iloc[-1] > cancelled["estimate"].iloc[-1] * 1.5
