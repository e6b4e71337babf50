"""How good a model's answers are, class by class, and how far its probabilities can be believed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from klayer.architecture import Array
from klayer.data import Data
from klayer.models.answers import chunk_rows
from klayer.models.roc_auc import kept, roc_auc
from klayer.samples import Samples

if TYPE_CHECKING:
    from klayer.models.model import Model

BINS = 15  # of the calibration error
TOP = (2, 3, 5)


@dataclass(frozen=True, eq=False)
class Judgement:
    """What is to be said of a model's answers on some rows; of a stack, of the networks' mean.

    Attributes:
        n: how many rows.
        accuracy: share of right answers.
        balanced_accuracy: the mean recall of the classes that have rows, see `balanced_accuracy`.
        cross_entropy: mean of −log P[y_i, i].
        confusion: rows of class i that were taken for class j, (K, K).
        precision: of the rows taken for a class, the share that are of it, (K,); nan where none is.
        recall: of the rows of a class, the share that were taken for it, (K,); nan where none is.
        f1: the harmonic mean of the two, (K,).
        top: k → share of rows whose class is among the k most probable, for k of 2, 3, 5 below K.
        calibration_error: the expected calibration error, see `calibration_error`.
        roc_auc: the area under the ROC curve, see `klayer.models.roc_auc.roc_auc`: of two classes
            the second one's, of more the mean of each against the rest; nan where no class has
            both rows and other rows, and for more than two classes where n · K is above 25 million,
            which would have to be in memory.
    """

    n: int
    accuracy: float
    balanced_accuracy: float
    cross_entropy: float
    confusion: NDArray[np.int64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]
    top: dict[int, float]
    calibration_error: float
    roc_auc: float


def judge(model: "Model", data: Data, rows: NDArray[np.int64]) -> Judgement:
    """Return how good a model's answers are on rows of some data.

    Confusion, precision and recall are scikit-learn's.

    Args:
        model: of a stack, the mean of the networks' probabilities answers.
        data: with the model's features and labels.
        rows: indices into it, at least one.

    Raises:
        InputError: the data's features or labels are not the model's.

    References:
        Lakshminarayanan, Pritzel and Blundell, "Simple and Scalable Predictive Uncertainty
        Estimation using Deep Ensembles", 2017, section 2.4: the mean of the networks.

    Example:
        >>> from klayer import Plan, fit, load_data
        >>> data = load_data("digits")
        >>> model = fit(data, Plan(hidden=(20,), networks=4, steps=300, step_size=150)).model
        >>> found = judge(model, data, data.validation)
        >>> found.accuracy > 0.9, found.cross_entropy < 0.5
        (True, True)
    """
    from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

    samples = model.aligned(data)
    found = list(_told(model, samples, rows))
    predicted, confidence, rank, loss, scores = (
        np.concatenate(column) for column in zip(*found, strict=True)
    )
    y, classes = samples.y[rows], np.arange(len(model.labels))
    precision, recall, f1, _ = precision_recall_fscore_support(
        y, predicted, labels=classes, zero_division=np.nan
    )
    confusion = confusion_matrix(y, predicted, labels=classes)
    return Judgement(
        n=len(rows),
        accuracy=float((predicted == y).mean()),
        balanced_accuracy=balanced_accuracy(confusion),
        cross_entropy=float(loss.mean()),
        confusion=confusion,
        precision=precision,
        recall=recall,
        f1=f1,
        top={k: float((rank < k).mean()) for k in TOP if k < len(classes)},
        calibration_error=calibration_error(confidence, predicted == y),
        roc_auc=roc_auc(scores, y),
    )


class _Told(NamedTuple):
    """What a chunk of rows tells, (n,) each, and what `roc_auc` needs of it, (n, …)."""

    predicted: NDArray[np.int64]
    confidence: NDArray[np.float64]
    rank: NDArray[np.int64]
    loss: NDArray[np.float64]
    scores: Array


def _told(model: "Model", samples: Samples, rows: NDArray[np.int64]) -> Iterator[_Told]:
    """Yield what the rows tell, so many at a time as memory allows."""
    step = chunk_rows(model)
    for start in range(0, len(rows), step):
        part = rows[start : start + step]
        log_P: Array = model.decision_function(samples.X[part])
        own = np.take_along_axis(log_P, samples.y[part][:, None], axis=1)
        yield _Told(
            predicted=log_P.argmax(axis=1),
            confidence=np.exp(log_P.max(axis=1)),
            rank=(log_P > own).sum(axis=1),
            loss=-own[:, 0],
            scores=kept(log_P, len(rows)),
        )


def balanced_accuracy(confusion: NDArray[np.int64]) -> float:
    """Return the mean recall of the classes that have rows: accuracy, were they equally large.

        (1/K) Σ_c (right rows of class c)/(rows of class c)

    Answering one class alone reaches 1/K, whatever its share of the rows is.

    Args:
        confusion: rows of class i that were taken for class j, (K, K).

    Example:
        >>> balanced_accuracy(np.array([[95, 0], [5, 0]]))
        0.5

    Source: Brodersen, Ong, Stephan and Buhmann, "The Balanced Accuracy and Its Posterior
    Distribution", 2010.
    """
    of_class = confusion.sum(axis=1)
    there = of_class > 0
    return float((confusion.diagonal()[there] / of_class[there]).mean())


def calibration_error(
    confidence: NDArray[np.float64], right: NDArray[np.bool_], bins: int = BINS
) -> float:
    """Return the expected calibration error: how far confidence and accuracy are apart.

        ECE = Σ_b (n_b/n) |accuracy_b − mean confidence_b|

    over bins b of equal width of the probability of the predicted class. It is 0 where, of rows
    answered with probability p, the share p is right. On few rows chance alone makes it larger.

    Args:
        confidence: probability of the predicted class, (n,).
        right: whether the prediction was right, (n,).
        bins: how many.

    Example:
        >>> round(calibration_error(np.array([0.9, 0.9, 0.6]), np.array([True, False, True])), 4)
        0.4

    Source: Guo, Pleiss, Sun, Weinberger, "On Calibration of Modern Neural Networks", 2017, §2.
    """
    place = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    gap = np.bincount(place, right - confidence, minlength=bins)
    return float(np.abs(gap).sum() / len(confidence))
