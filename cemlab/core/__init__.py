"""Words that every room shares: errors, table contracts, parameters, the lab, results."""
