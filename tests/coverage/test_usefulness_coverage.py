"""Is a prediction said to be useful where nothing goes with churn, and where a plan doubles the risk?

Companies of four years with three evaluation dates of 90 days and three models: tenure alone, discrete time,
Cox. "Before" is the former rule: the interval of the model that is kept by its squared error.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from evidence import Recorder, margin, runs
from prediction_worlds import lives, study

from cemlab.stats import prediction

pytestmark = pytest.mark.slow

TERMS = ["plan", "region", "tenure"]


def _judged(seed: int, *, customers: int, ratio: float) -> dict[str, float]:
    random = np.random.default_rng(seed)
    columns = {
        "plan": random.choice(["a", "b", "c"], customers),
        "region": random.choice(["north", "south"], customers),
    }
    found = study(lives(random, columns, rate=lambda _, now: np.where(now["plan"] == "a", ratio, 1.0)), terms=TERMS)
    tests, risks = found.tests, found.risks
    choice = prediction.choose(tests, risks_by_model=risks, skill="ipa")
    skill = prediction.any_skill(tests, risks_by_model=risks)
    low = skill.table.set_index("model")["ci_low"]
    kept, used = str(choice.row({"kept": True})["model"]), prediction.used_model(choice, skill)
    return {"churners": tests["events"].sum(), "before": low[kept] > 0.5, "said": low[used] > 0.5}


@pytest.mark.parametrize(
    ("customers", "ratio", "least"),
    [(400, 1.0, 0.0), (1_500, 1.0, 0.0), (400, 2.0, 0.2), (1_500, 2.0, 0.7), (1_500, 3.0, 0.95)],
)
def test_prediction_is_said_to_be_useful_where_a_column_tells(
    customers: int, ratio: float, least: float, record: Recorder
) -> None:
    many = runs(3, full=100)
    found = pd.DataFrame([_judged(seed, customers=customers, ratio=ratio) for seed in range(many)]).astype(float)
    row = {
        "customers": customers,
        "one plan's churn": f"× {ratio:g}",
        **{str(name): value for name, value in found.mean().items()},
    }
    record("Said to be better than chance", row, runs=many, seed=0)
    said = found["said"].mean()
    assert said + margin(max(said, 0.05), many) >= least
    if ratio == 1:
        assert found["said"].sum() < max(0.12 * many, 2)  # 12 of 100 against 5 %
