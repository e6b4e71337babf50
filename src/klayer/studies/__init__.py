"""Studies: questions asked of many trainings, answered with their evidence.

A study is a list of stacks. Treatments that are to be compared share a stack, or at least the
seed: then they see the same split, the same mini-batches and the same initial draws. Replicates
are stacks with other seeds, for which all of these are new.
"""

from klayer.studies.events import Interrupted
from klayer.studies.results import Outcome, Results
from klayer.studies.running import run_study
from klayer.studies.sets import Sets
from klayer.studies.stack import Stack, replicate

__all__ = ["Interrupted", "Outcome", "Results", "Sets", "Stack", "replicate", "run_study"]
