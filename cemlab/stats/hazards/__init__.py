"""What goes with leaving: Cox's model and its kin on covariate cells."""

from cemlab.stats.hazards.concordance import concordance
from cemlab.stats.hazards.cox import fit_cox
from cemlab.stats.hazards.design import references
from cemlab.stats.hazards.discrete import fit_discrete
from cemlab.stats.hazards.fine_gray import absolute_risks, fit_fine_gray, predicted_incidence
from cemlab.stats.hazards.formulas import predicted_formula
from cemlab.stats.hazards.parametric import fit_parametric, lifelines_frame
from cemlab.stats.hazards.predicted import clustered, predicted_survival
from cemlab.stats.hazards.rowwise import blocks_of, fit_cox_rows

__all__ = [
    "absolute_risks",
    "blocks_of",
    "clustered",
    "concordance",
    "fit_cox",
    "fit_cox_rows",
    "fit_discrete",
    "fit_fine_gray",
    "fit_parametric",
    "lifelines_frame",
    "predicted_formula",
    "predicted_incidence",
    "predicted_survival",
    "references",
]
