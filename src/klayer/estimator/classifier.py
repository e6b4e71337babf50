"""`KLayerClassifier`: klayer's training with the face of a scikit-learn classifier.

`fit` turns arrays into a `Data` set and the parameters into a `Plan`, binds them to an engine
(`Job`), runs the `Loop`, and keeps the `Model` and the curves. What it answers then stands in
`answering`.
"""

import copy
from collections.abc import Callable, Sequence
from math import ceil, nan
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

from klayer.architecture import Array
from klayer.data import Data
from klayer.errors import InputError
from klayer.estimator.answering import Answering
from klayer.estimator.budget import EARLY_STOPPING_FROM
from klayer.estimator.continuing import (
    Moments,
    gone_on,
    seed_of_part,
    unchanged_where_refused,
)
from klayer.estimator.curves import curves_of, losses_of
from klayer.estimator.listeners import Callback
from klayer.estimator.preparing import engine_for, plan_for, seed_of, start_for, stopping_for
from klayer.estimator.running import Outcome, run
from klayer.estimator.sets import data_of, distinct, encoded, held_out, unchanged
from klayer.estimator.settings import check, one_pass
from klayer.estimator.stopping import BestKept
from klayer.estimator.weights import Measured, Rows, Weights, counted, weights_of
from klayer.models import Model
from klayer.state import State
from klayer.training import Plan, Row
from klayer.training.job import Job


class KLayerClassifier(Answering, ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A k-layer network, or an ensemble of them, as a scikit-learn classifier.

    Names are those of scikit-learn's `MLPClassifier` where it has the thing. Its penalty is
    α/(2 · batch_size) Σ_l ‖W_l‖² and klayer's λ Σ_l ‖W_l‖², so λ = α/(2 · batch_size).

    Args:
        hidden_layer_sizes: widths of the hidden layers; a number for one layer.
        batch_norm: normalise batches before the ReLU.
        alpha: α of the penalty; "auto" is 1, and less in proportion from 10,000 rows on.
        dropout: the share of hidden activations that are zero in an update.
        label_smoothing: the share of each label that is spread over all classes.
        solver: the update rule: "sgd", "momentum", "nesterov" or "adamw".
        momentum: μ of "momentum" and "nesterov".
        weight_decay: the decoupled decay of "adamw", which goes with `alpha=0`.
        batch_size: rows per update; "auto" grows with the rows, from 32 to 64.
        learning_rate: how the rate goes: "triangular" (up and down once per cycle),
            "triangular2" (half as high every time), "cosine", "constant" (`rate_max`), or "auto":
            triangular between the rates that a range test suggests.
        rate_min: the lowest learning rate.
        rate_max: the highest; "auto" is 0.3 for "sgd", 0.03 with momentum, 0.003 for "adamw".
        cycles: of the learning rate, over all epochs.
        max_iter: epochs; "auto" is 50, and fewer from 10,000 rows on.
        n_networks: how many networks train as one ensemble, on the same batches, from other
            initial weights; their probabilities are averaged.
        standardise: bring every feature to mean 0 and deviation 1 over the training rows.
        early_stopping: keep each network's best weights by `scoring` on a validation set, and
            stop one that no longer improves; "auto" where a validation set is given or there are
            10,000 rows or more, since smaller sets need all their rows.
        validation_fraction: share of the rows to hold out where early stopping needs them.
        scoring: "accuracy", "loss" (the cross-entropy), the name of a scikit-learn scorer such
            as "roc_auc", or a function of (classifier, X, y); higher is better.
        n_iter_no_change: patience, in epochs without a better score; None for a whole cycle.
        tol: how much better a score must be to be waited for again.
        class_weight: {label: weight}, or "balanced": n/(K · rows of the label).
        warm_start: go on from the last `fit`'s networks in the next.
        random_state: a whole number fixes every bit: split, weights and order of the rows.
        evaluate_every: epochs between evaluations, which make the curves.
        callbacks: functions of a dictionary of figures ("epoch", "validation_accuracy", …),
            called after each evaluation; training ends when one returns True.
        verbose: show a progress bar on standard error.
        n_jobs: threads; None for as many as the work deserves, −1 for all CPUs. The native
            engine's numbers do not depend on it.
        engine: "auto", "native" or "reference".
        dtype: "float32" or "float64".

    Attributes:
        classes_: the labels, sorted, (K,).
        n_features_in_: d.
        feature_names_in_: of the columns, where X was a table.
        model_: the trained `klayer.Model`: save it, load it anywhere.
        plan_: the settings as klayer's `Plan`.
        history_: the curves: "epoch", "step", "rate" and "seconds" of every evaluation, (T,), and
            "training_cost", "validation_accuracy", … of every network, (T, P).
        n_iter_: epochs done.
        t_: rows seen in training, each as often as it was in a mini-batch.
        loss_curve_: J, with the penalty, over all training rows after every evaluated epoch: the
            mean over the networks that still trained. `MLPClassifier`'s is the mean over the
            epoch's mini-batches, each before its update. As in all evaluations rows count alike,
            and there is no dropout and no smoothing.
        loss_: the last of these.
        best_loss_: the least of these; None with early stopping, as `MLPClassifier` has it.
        validation_scores_: `scoring` at every evaluation, (T, P); None without early stopping.
        best_validation_score_: the mean of the networks' best ones; None without early stopping.
        rate_min_: the lowest learning rate in use.
        rate_max_: the highest.
        reason_: why training ended: "finished", "patience" or "callback".
        engine_: who computed.
        n_layers_: as `MLPClassifier` counts them: inputs, hidden layers and outputs.
        n_outputs_: K; with two classes `MLPClassifier` has 1.
        out_activation_: "softmax", also with two classes.
        coefs_: matrices of the layers on raw rows, in which standardisation and batch
            normalisation are folded: `MLPClassifier`'s formula with them gives the same answers.
        intercepts_: their vectors.

    Example:
        >>> from sklearn.datasets import load_wine
        >>> X, y = load_wine(return_X_y=True)
        >>> ensemble = KLayerClassifier(n_networks=4, random_state=0).fit(X, y)
        >>> ensemble.score(X, y), ensemble.predict_proba(X).shape
        (1.0, (178, 3))
    """

    t_: int
    _history_rows: list[Row]

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100, 100),
        *,
        batch_norm: bool = True,
        alpha: float | str = "auto",
        dropout: float = 0.0,
        label_smoothing: float = 0.0,
        solver: str = "sgd",
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        batch_size: int | str = "auto",
        learning_rate: str = "triangular",
        rate_min: float = 1e-5,
        rate_max: float | str = "auto",
        cycles: int = 1,
        max_iter: int | str = "auto",
        n_networks: int = 1,
        standardise: bool = True,
        early_stopping: bool | str = "auto",
        validation_fraction: float = 0.1,
        scoring: Any = "accuracy",
        n_iter_no_change: int | None = None,
        tol: float = 1e-4,
        class_weight: Any = None,
        warm_start: bool = False,
        random_state: Any = None,
        evaluate_every: int = 1,
        callbacks: Sequence[Callback] | None = None,
        verbose: bool | int = False,
        n_jobs: int | None = None,
        engine: str = "auto",
        dtype: str = "float32",
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.batch_norm = batch_norm
        self.alpha = alpha
        self.dropout = dropout
        self.label_smoothing = label_smoothing
        self.solver = solver
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.rate_min = rate_min
        self.rate_max = rate_max
        self.cycles = cycles
        self.max_iter = max_iter
        self.n_networks = n_networks
        self.standardise = standardise
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.scoring = scoring
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.class_weight = class_weight
        self.warm_start = warm_start
        self.random_state = random_state
        self.evaluate_every = evaluate_every
        self.callbacks = callbacks
        self.verbose = verbose
        self.n_jobs = n_jobs
        self.engine = engine
        self.dtype = dtype

    @unchanged_where_refused
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
    ) -> Self:
        """Train on the rows of X.

        Args:
            X: features, (n, d): an array, a pandas or polars table of numbers, or a SciPy sparse
                matrix, which is made dense.
            y: labels, (n,), of any kind.
            sample_weight: how much every row counts in the cost, (n,); only proportions matter, and
                a row of weight 0 is as if it were not there. Evaluations do not look at it.
            X_val: rows of a validation set, in place of one held out from X.
            y_val: their labels.

        Returns:
            The classifier itself.

        Raises:
            InputError: a parameter or the data break a rule, or sparse rows do not fit in memory.
            DivergenceError: the cost stopped being finite.
        """
        settings = self.get_params(deep=False)
        check(settings)
        before = self.__dict__.get("model_") if self.warm_start else None
        X, y = self._rows(X, y, reset=True)
        weights, seed = (
            weights_of(sample_weight, self.class_weight, X, y),
            seed_of(self.random_state),
        )
        training, validation = counted(y, weights), np.empty(0, np.int64)
        self.classes_ = distinct(y[training])
        codes = encoded(np.where(np.isin(y, self.classes_), y, self.classes_[0]), self.classes_)
        given = X_val is not None or y_val is not None
        early = self.early_stopping
        if early == "auto":
            early = given or len(training) >= EARLY_STOPPING_FROM
        if given:
            rows = len(codes)
            X, codes = self._with_validation_rows(X, codes, X_val, y_val)
            validation = np.arange(rows, len(codes))
        elif early:
            training, validation = held_out(codes, training, self.validation_fraction, seed)
        data = self._data(X, codes, training, validation, weights)
        plan = plan_for(data, settings, seed)
        best = stopping_for(data, settings, plan, self._snapshots(data)) if early else None
        start = None if before is None else gone_on(before, data)
        outcome = self._run(data, plan, start, best)
        self._moments = Moments.of((data.samples.mean, data.samples.inverse_std), len(training))
        self._seed_of_parts, self._parts = seed, 0
        self._keep(data, plan, outcome, best)
        outcome.pass_signal_on()
        return self

    @unchanged_where_refused
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Make one pass over some rows, from where the last call or `fit` left the networks.

        The rate is constant, the mean of `rate_min` and `rate_max`. The standardisation is that of
        all rows seen so far; as it changes, the networks are rewritten to compute what they did.

        Args:
            X: features, (n, d), dense or sparse.
            y: labels, (n,).
            classes: all labels that will ever come; needed in the first call.
            sample_weight: how much every row counts beside the others of this call, (n,).

        Returns:
            The classifier itself.

        Raises:
            InputError: `classes` is missing, or a label is not among them.
        """
        settings = self.get_params(deep=False)
        check(settings)
        first = not hasattr(self, "model_")
        X, y = self._rows(X, y, reset=first)
        if first:
            if classes is None:
                raise InputError("`classes` must be given in the first call of partial_fit")
            self.classes_ = distinct(np.asarray(classes))
            self._moments = Moments(X.shape[1])
            self._seed_of_parts, self._parts = seed_of(self.random_state), 0
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise InputError(
                f"`classes` must stay {self.classes_.tolist()}, but got {np.unique(classes)}"
            )
        weights = weights_of(sample_weight, self.class_weight, X, y)
        rows, codes = counted(y, weights), encoded(y, self.classes_)
        self._moments.add(X[rows])
        data = self._data(X, codes, rows, rows[:0], weights, self._moments.measured())
        seed = seed_of_part(self._seed_of_parts, self._parts)
        plan = one_pass(settings, len(rows), seed)
        start = None if first else gone_on(self.model_, data)
        outcome = self._run(data, plan, start, None, evaluated=True)
        self._parts += 1
        self._keep(data, plan, outcome, None, goes_on=not first)
        outcome.pass_signal_on()
        return self

    def _with_validation_rows(
        self, X: Array, codes: NDArray[np.int64], X_val: Any, y_val: Any
    ) -> tuple[Array, NDArray[np.int64]]:
        """Return the training rows and classes with those of a given validation set below them."""
        if X_val is None or y_val is None:
            missing = "X_val" if X_val is None else "y_val"
            raise InputError(f"`X_val` and `y_val` must be given together, but {missing} is not")
        X_val, y_val = self._rows(X_val, y_val, reset=False)
        codes_val = encoded(y_val, self.classes_, "y_val")
        return np.concatenate([X, X_val]), np.concatenate([codes, codes_val])

    def _data(
        self,
        X: Array,
        codes: NDArray[np.int64],
        training: Rows,
        validation: Rows,
        weights: Weights | None,
        measured: Measured | None = None,
    ) -> Data:
        """Return the rows as a data set, by default standardised by the training rows."""
        names = getattr(self, "feature_names_in_", None)
        words = None if names is None else tuple(str(name) for name in names)
        measured = measured if self.standardise else unchanged(X.shape[1])
        return data_of(X, codes, self.classes_, words, training, validation, weights, measured)

    def _snapshots(self, data: Data) -> Callable[[State, int], Any]:
        """Return (state, network) → this classifier with that one network, for scorers."""

        def snapshot(state: State, network: int) -> Any:
            one = copy.copy(self)
            one.model_ = Model.of(data, state.network(network), (0.0,))
            one.__dict__.pop("feature_names_in_", None)
            return one

        return snapshot

    def _run(
        self,
        data: Data,
        plan: Plan,
        start: State | None,
        best: BestKept | None,
        evaluated: bool = False,
    ) -> Outcome:
        """Train, from the start given or from fresh networks."""
        job = Job.of(data, plan, engine_for(data, self.get_params(deep=False), plan))
        start = None if start is None else start_for(job, start)
        self.engine_ = job.engine.name
        return run(job, start, best, self.callbacks or (), bool(self.verbose), evaluated)

    def _keep(
        self,
        data: Data,
        plan: Plan,
        outcome: Outcome,
        best: BestKept | None,
        goes_on: bool = False,
    ) -> None:
        """Keep what a training leaves, after what the passes before it left if it goes on."""
        before = self._history_rows if goes_on else []
        rows = [*before, *outcome.rows_after(before)]
        self.model_ = Model.of(data, outcome.state, plan.per_network("lam"))
        self.plan_, self.reason_, self._history_rows = plan, outcome.reason, rows
        self.history_ = curves_of(rows, plan.stack_size)
        self.n_iter_ = ceil(rows[-1].epoch) if rows else 0
        self.t_ = outcome.rows_seen + (self.t_ if goes_on else 0)
        self.loss_curve_ = losses_of(self.history_)
        self.loss_ = self.loss_curve_[-1] if self.loss_curve_ else nan
        self.best_loss_ = None if best is not None else min(self.loss_curve_, default=nan)
        self.validation_scores_ = None if best is None else np.stack(best.scores)
        self.best_validation_score_ = None if best is None else float(best.best_score.mean())
        self.n_layers_, self.n_outputs_ = self.model_.architecture.depth + 1, data.classes
        self.out_activation_ = "softmax"
        self.rate_min_, self.rate_max_ = plan.rate_min, plan.rate_max
