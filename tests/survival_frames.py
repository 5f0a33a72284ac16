"""Life tables and covariate cells made of rows, and the reference values they are held against."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

COX_TERMS = {
    "lung": ["age", "sex", "ecog"],
    "veteran": ["trt", "celltype", "karno", "diagtime", "age", "prior"],
    "heart": ["age", "year", "surgery", "transplant"],
}
SMALL_CELLS = pd.DataFrame(
    {
        "plan": ["a", "a", "b", "b", "c", "c"] * 2,
        "region": ["n", "s"] * 6,
        "duration": [1, 2, 1, 2, 1, 2, 3, 3, 3, 3, 3, 3],
        "n": [30, 20, 40, 20, 30, 30, 50, 60, 50, 40, 60, 70],
        "events": [10, 9, 8, 4, 9, 12, 5, 4, 7, 9, 6, 8],
    }
)
"""Every level leaves and stays at the same times."""
REFERENCE = Path(__file__).resolve().parent / "reference"


def reference(name: str) -> dict[str, Any]:
    """Numbers of independent software; each file says whose."""
    return dict(json.loads((REFERENCE / f"{name}.json").read_text(encoding="utf-8")))


def numbers(values: Sequence[Any]) -> np.ndarray:
    """A list of the reference as numbers: null is NaN."""
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def close(found: Any, expected: Sequence[Any], *, rtol: float = 1e-10) -> None:
    """Fail unless both agree to `rtol`, and are undefined in the same places."""
    np.testing.assert_allclose(np.asarray(found, dtype=float), numbers(expected), rtol=rtol, atol=1e-15)


def life_table(rows: pd.DataFrame, *, by: Sequence[str] = ()) -> pd.DataFrame:
    """Rows of `duration`, `event` (0 or 1; or a cause by name), optional `start`, as a life table."""
    causes = rows["event"].dtype == object
    ended = rows[list(by)].assign(duration=rows["duration"], entered=0)
    if causes:
        ended = ended.assign(cause=rows["event"], events=rows["event"].notna() * 1, censored=rows["event"].isna() * 1)
    else:
        ended = ended.assign(events=rows["event"], censored=1 - rows["event"])
    parts = [ended]
    if "start" in rows:
        parts.append(rows[list(by)].assign(duration=rows["start"], entered=1, events=0, censored=0))
    keys = [*by, "duration", *(["cause"] if causes else [])]
    return (
        pd.concat(parts)
        .groupby(keys, dropna=False, observed=True, as_index=False)[["entered", "events", "censored"]]
        .sum()
    )


def as_cells(rows: pd.DataFrame, *, terms: Sequence[str] = ()) -> pd.DataFrame:
    """Rows as covariate cells: one per row, or compressed to `terms`."""
    causes = rows["event"].dtype == object
    cells = rows.drop(columns="event").assign(n=1, events=rows["event"].notna() * 1 if causes else rows["event"])
    if causes:
        cells["cause"] = rows["event"]
    if not terms:
        return cells
    keys = [name for name in ("start", "duration", "cause") if name in cells]
    return cells.groupby([*keys, *terms], dropna=False, as_index=False, observed=True)[["n", "events"]].sum()


def lung(folder: Path) -> pd.DataFrame:
    """Survival of lung-cancer patients, as R's survival package has it; rows with all three covariates."""
    rows = pd.read_csv(folder / "reference/data/lung.csv").rename(columns={"time": "duration", "ph.ecog": "ecog"})
    return rows[["id", "inst", "duration", "event", "age", "sex", "ecog"]]


def veteran(folder: Path) -> pd.DataFrame:
    """The veterans' trial; its types of cells are declared in R's order, whose first is the reference."""
    rows = pd.read_csv(folder / "reference/data/veteran.csv").rename(columns={"time": "duration", "status": "event"})
    return rows.assign(celltype=pd.Categorical(rows["celltype"], sorted(set(rows["celltype"]))))


def heart(folder: Path) -> pd.DataFrame:
    """The heart-transplant rows, (start, stop]."""
    return pd.read_csv(folder / "reference/data/heart.csv").rename(columns={"stop": "duration"})


def mgus2(folder: Path, name: str = "mgus2") -> pd.DataFrame:
    """Competing causes, by number: 1 progression, 2 death."""
    rows = pd.read_csv(folder / f"reference/data/{name}.csv").rename(columns={"etime": "duration"})
    causes = [str(code) if code else None for code in rows["ecode"]]
    rows["event"] = pd.Series(causes, dtype=object)
    return rows.assign(male=(rows["sex"] == "M") * 1) if "sex" in rows else rows


def telco(folder: Path) -> pd.DataFrame:
    """The telecom sample, tenure in months."""
    rows = pd.read_csv(folder / "data/telco_ibm/Telco-Customer-Churn.csv")
    yes = {
        name: (rows[source] == "Yes") * 1
        for name, source in (
            ("partner", "Partner"),
            ("paperless", "PaperlessBilling"),
            ("security", "OnlineSecurity"),
            ("support", "TechSupport"),
        )
    }
    return pd.DataFrame(
        {
            "duration": rows["tenure"],
            "event": (rows["Churn"] == "Yes") * 1,
            "contract": rows["Contract"].map({"Month-to-month": "M", "One year": "1y", "Two year": "2y"}),
            "internet": rows["InternetService"].map({"DSL": "DSL", "Fiber optic": "Fiber"}).fillna("No"),
            "monthly": rows["MonthlyCharges"],
            "senior": rows["SeniorCitizen"],
            "male": (rows["gender"] == "Male") * 1,
            **yes,
        }
    )


def cox_rows(name: str, folder: Path) -> pd.DataFrame:
    """Rows of `lung`, `veteran` or `heart` as the reference models take them, with the covariates `COX_TERMS`."""
    if name == "lung":
        return lung(folder).dropna(subset=["ecog"]).reset_index(drop=True)
    return veteran(folder) if name == "veteran" else heart(folder)
