"""Figures, tables and verdicts of runs that one can publish: ``rla.plot.curves("data", "eval/return")``.

What is computed is apart from what is drawn: `statistics/` has numbers of arrays, `docs/statistics.md` says which, and
why.
"""

from rla.plot.images import list_saved_images, saved_images
from rla.plot.learning_curves import curves
from rla.plot.manifest import read_manifest
from rla.plot.panels import Curves, Panel
from rla.plot.score_plots.differences import Differences, differences
from rla.plot.score_plots.improvement_probabilities import ImprovementProbabilities, improvement_probabilities
from rla.plot.score_plots.interval_estimates import IntervalEstimates, interval_estimates
from rla.plot.score_plots.performance_profiles import PerformanceProfiles, performance_profiles
from rla.plot.scored_runs import RunScore, RunScores, scores
from rla.plot.statistics.aggregate import Band, aggregate_curves
from rla.plot.statistics.align import Aligned, align_curves
from rla.plot.statistics.comparison import Difference, compare, holm, probability_of_improvement
from rla.plot.statistics.estimators import aggregate_iqm, aggregate_mean, aggregate_median, aggregate_optimality_gap
from rla.plot.statistics.interval import Interval, Way, estimate
from rla.plot.statistics.normalize import normalize_scores
from rla.plot.statistics.power import runs_for_power
from rla.plot.statistics.profile import Profile, performance_profile
from rla.plot.statistics.run_scores import area_under_curve, best_so_far, final_score
from rla.plot.statistics.series import Curve, clean_curve
from rla.plot.statistics.smooth import Smoothing
from rla.plot.statistics.spread import runs_for_tolerance, tolerance_share
from rla.plot.tables import ScoreTable, score_table
from rla.plot.verdicts import Verdict, verdict

__all__ = [
    "Aligned",
    "Band",
    "Curve",
    "Curves",
    "Difference",
    "Differences",
    "ImprovementProbabilities",
    "Interval",
    "IntervalEstimates",
    "Panel",
    "PerformanceProfiles",
    "Profile",
    "RunScore",
    "RunScores",
    "ScoreTable",
    "Smoothing",
    "Verdict",
    "Way",
    "aggregate_curves",
    "aggregate_iqm",
    "aggregate_mean",
    "aggregate_median",
    "aggregate_optimality_gap",
    "align_curves",
    "area_under_curve",
    "best_so_far",
    "clean_curve",
    "compare",
    "curves",
    "differences",
    "estimate",
    "final_score",
    "holm",
    "improvement_probabilities",
    "interval_estimates",
    "list_saved_images",
    "normalize_scores",
    "performance_profile",
    "performance_profiles",
    "probability_of_improvement",
    "read_manifest",
    "runs_for_power",
    "runs_for_tolerance",
    "saved_images",
    "score_table",
    "scores",
    "tolerance_share",
    "verdict",
]
