"""What goes with leaving: Cox's model and its kin on covariate cells."""

from cemlab.stats.hazards.concordance import concordance
from cemlab.stats.hazards.cox import fit_cox
from cemlab.stats.hazards.predicted import clustered, predicted_survival

__all__ = ["clustered", "concordance", "fit_cox", "predicted_survival"]
