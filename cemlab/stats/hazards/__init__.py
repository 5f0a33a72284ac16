"""What goes with leaving: Cox's model and its kin on covariate cells."""

from cemlab.stats.hazards.cox import fit_cox

__all__ = ["fit_cox"]
