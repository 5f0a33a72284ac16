"""Turn Estimates into figures, display tables and sentences."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=[
        "checks",
        "figure",
        "forests",
        "hazard_plots",
        "hazard_tables",
        "hazard_text",
        "numbers",
        "prediction_acting",
        "prediction_bands",
        "prediction_checks",
        "prediction_plots",
        "prediction_tables",
        "prediction_text",
        "score_plots",
        "segment_cards",
        "segment_checks",
        "segment_grid",
        "segment_plots",
        "segment_tables",
        "segment_text",
        "segment_words",
        "survival_beyond",
        "survival_causes",
        "survival_checks",
        "survival_plots",
        "survival_tables",
        "survival_text",
        "tables",
        "text",
        "theme",
    ],
)
