"""What a trained classifier answers: labels, probabilities, scores, and what its weights are."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted, validate_data

from klayer.architecture import Array
from klayer.errors import InputError
from klayer.estimator.coefficients import Arrays, coefficients
from klayer.estimator.sparse import dense, dense_parts
from klayer.estimator.tables import fault_of
from klayer.models import Model
from klayer.models.answers import chunk_rows

KEPT = [np.float64, np.float32, np.uint8]  # numbers of other types become the first


class Answering:
    """What a classifier can be asked once it is trained; `KLayerClassifier` trains one.

    Attributes:
        model_: who answers.
        classes_: the labels, sorted, (K,).
    """

    model_: Model
    classes_: NDArray[Any]

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable label of every row of X (n, d), as it was in y."""
        P = self.predict_proba(X)
        found: NDArray[Any] = self.classes_[P.argmax(axis=1)]
        return found

    def predict_proba(self, X: Any, per_network: bool = False) -> Array:
        """Return the probability of every class, in the order of `classes_`.

        Args:
            X: features, (n, d), dense or sparse.
            per_network: do not average over the ensemble.

        Returns:
            (n, K), the mean over the networks; or (P, n, K).
        """
        return self._answered(X, lambda rows: self.model_.predict_proba(rows, per_network))

    def predict_log_proba(self, X: Any) -> Array:
        """Return the logarithm of `predict_proba`, (n, K)."""
        with np.errstate(divide="ignore"):
            found: Array = np.log(self.predict_proba(X))
        return found

    def decision_function(self, X: Any) -> Array:
        """Return how much speaks for each class, as scikit-learn's tools take it.

            D = log (1/P) Σ_p softmax(S_p)

        It stays finite and ordered where probabilities are rounded to 0 and 1. Of a single network
        it is the logits less one number for each row.

        Args:
            X: features, (n, d).

        Returns:
            D (n, K); of two classes D[:, 1] − D[:, 0], (n,), which is above 0 where the second is
            the more probable: of a single network the difference of its logits.
        """
        D = self._answered(X, lambda rows: self.model_.decision_function(rows))
        found: Array = D[:, 1] - D[:, 0] if len(self.classes_) == 2 else D
        return found

    @property
    def coefs_(self) -> Arrays:
        """Matrices C_l of the layers on raw rows, k of (m_{l−1}, m_l); of an ensemble with P first.

            H_0 = X      H_l = max(0, H_{l−1} C_l + c_l)      logits = H_{k−1} C_k + c_k

        Standardisation and batch normalisation are folded into them, so they are not the numbers
        that α penalised; those are in `model_`.
        """
        check_is_fitted(self)
        return coefficients(self.model_)[0]

    @property
    def intercepts_(self) -> Arrays:
        """Vectors c_l of the same layers, k of (m_l,); of an ensemble (P, m_l)."""
        check_is_fitted(self)
        return coefficients(self.model_)[1]

    def predict_spread(self, X: Any) -> Array:
        """Return how far the networks of the ensemble disagree: a measure of uncertainty.

        Args:
            X: features, (n, d).

        Returns:
            The standard deviation of every class's probability between the networks, (n, K); 0 for
            a single network.

        References:
            Lakshminarayanan, Pritzel and Blundell, "Simple and Scalable Predictive Uncertainty
            Estimation using Deep Ensembles", 2017, section 2.4.
        """
        found: Array = self.predict_proba(X, per_network=True).std(axis=0)
        return found

    def _answered(self, X: Any, ask: Callable[[Array], Array]) -> Array:
        """Return what the model answers on X, (…, n, K); on sparse rows, some at a time."""
        check_is_fitted(self)
        rows = self._checked(X, reset=False)
        answers = [ask(part) for part in dense_parts(rows, chunk_rows(self.model_))]
        return answers[0] if len(answers) == 1 else np.concatenate(answers, axis=-2)

    def _rows(self, X: Any, y: Any, reset: bool) -> tuple[Array, Array]:
        """Return X, dense, and y as arrays that have passed scikit-learn's checks."""
        X, y = self._checked(X, y, reset=reset)
        return dense(X), y

    def _checked(self, X: Any, *y: Any, reset: bool) -> Any:
        """Return X, or X and y, as arrays that have passed scikit-learn's checks."""
        if type(X).__module__.startswith("polars") and (fault := fault_of(X)) is not None:
            raise InputError(fault)  # or dates would pass as microseconds
        try:
            return validate_data(
                self, X, *y, reset=reset, dtype=KEPT, order="C", accept_sparse="csr"
            )
        except (TypeError, ValueError) as error:  # which name no column
            fault = fault_of(X)
            if fault is None:
                raise
            raise InputError(fault) from error

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.input_tags.sparse = True
        return tags
