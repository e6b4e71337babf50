"""`load_data`: from a name or a path to training, validation and test sets."""

import hashlib
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from klayer.data.dataset import Data, Source
from klayer.data.encoding import Categories, Encoding
from klayer.data.features import kept_features
from klayer.data.frames import table_bytes
from klayer.data.held import name_of
from klayer.data.labels import encode_labels
from klayer.data.limits import check_array_bytes
from klayer.data.measuring import measure_encoding
from klayer.data.remarks import column_remark, label_remark, numbered_remark
from klayer.data.sources import read_source
from klayer.data.split import Size, draw_split
from klayer.errors import DataWarning, InputError
from klayer.samples import Samples, standardisation

if TYPE_CHECKING:
    import polars as pl

    from klayer.data.held import Held


def load_data(
    source: "str | Path | Held" = "digits",
    *,
    validation: Size = None,
    test: Size = None,
    seed: int = 0,
    stratify: bool = False,
    target: str | None = None,
    ignore: str | Sequence[str] = (),
    categorical: str | Sequence[str] = (),
    data_dir: str | Path | None = None,
    encoding: Encoding | None = None,
) -> Data:
    """Load a data set, split it, and measure the training set's mean and standard deviation.

    Features stay as they are: uint8 pictures are one uint8 array, floats keep their precision;
    rows are standardised when they are gathered into a batch, x ↦ (x − mean)/std, a constant
    feature becoming 0. A table's texts become one-hot features and its empty cells the median,
    with a feature that says so, all measured on the training rows: see `Data.encoding`.

    Args:
        source: "digits", "cifar10", or a path: a CIFAR-10 folder or .tar.gz (python or binary
            version), a folder or zip of class folders with pictures, a .npz with X and y, a
            .csv, .tsv or .parquet table; or what is in memory: a table (polars or pandas), or
            (X, y) with X a table, rows (n, d), or pictures (n, height, width[, channels]) of bytes.
        validation: rows of the validation set, or a share in [0, 1) of those not for testing;
            by default a fifth of them, at most 5,000: 5,000 for CIFAR-10.
        test: rows of the test set, or a share in [0, 1) of all, where the source has no test
            set of its own; by default a fifth, at most 5,000.
        seed: of the split.
        stratify: keep the shares of the classes in every set.
        target: the column of labels in a table.
        ignore: column or columns of a table that are not to become features, such as numbers of
            rows.
        categorical: column or columns of a table whose numbers are codes of categories: each
            different one becomes a feature, as each text of a column of texts does.
        data_dir: where "cifar10" lies; by default $KLAYER_DATA, else the per-user cache.
        encoding: of a table, such as a model's, in place of one measured on the training rows.

    Returns:
        The three sets, as one array of rows and indices into it.

    Raises:
        InputError: there is no such source, its content breaks a rule, or a size does not fit.

    Warns:
        DataWarning: columns give no feature, such as dates or texts of which hardly one comes
            twice, unless `encoding` was given; or the labels seem to be a quantity.

    Example:
        >>> data = load_data("digits", validation=300)
        >>> len(data.training), len(data.validation), len(data.test), data.inputs, data.classes
        (1138, 300, 359, 64, 10)
    """
    name = name_of(source)
    ignore, categorical = _names(ignore), _names(categorical)
    # What was to be text is so in every reading: the fingerprint is of the table as it was read.
    as_text = {*categorical, *_texts_of(encoding)}
    found = read_source(source, target=target, data_dir=data_dir, as_text=as_text)
    is_measured = encoding is None
    if is_measured:
        _check_columns("ignore", ignore, found, name)
        _check_columns("categorical", categorical, found, name)
        if both := [column for column in categorical if column in ignore]:
            raise InputError(
                f"a column is either left out or one of categories, but `ignore` and `categorical` "
                f"both name {both[0]!r}"
            )
    raw = kept_features(found.X) if isinstance(found.X, np.ndarray) else found.X
    _check_lengths(found, name)
    y, labels = encode_labels(found.labels)
    split = draw_split(
        y, found.test, validation=validation, test=test, seed=seed, stratify=stratify
    )
    if isinstance(raw, np.ndarray):
        X, encoding = raw, None
    else:
        encoding = encoding or measure_encoding(raw, split.training, name, ignore, categorical)
        X = _encoded(encoding, raw, name)
    with ThreadPoolExecutor(1) as beside:
        fingerprint = beside.submit(fingerprint_of, raw, y, labels)
        samples = Samples(X, y, *standardisation(X, split.training))
    data = Data(
        name=name,
        samples=samples,
        training=split.training,
        validation=split.validation,
        test=split.test,
        labels=labels,
        class_names=found.class_names or tuple(str(label) for label in labels.tolist()),
        feature_names=encoding.feature_names if encoding else None,
        picture=found.picture,
        fingerprint=fingerprint.result(),
        origin={
            **({"source": name} if isinstance(source, str | Path) else {}),
            "validation": validation,
            "test": test,
            "seed": seed,
            "stratify": stratify,
            "target": target,
            "data_dir": None if data_dir is None else str(data_dir),
            **({"ignore": ignore} if ignore else {}),
            **({"categorical": categorical} if categorical else {}),
        },
        encoding=encoding,
        files=found.files,
    )
    of_columns = [column_remark(data), numbered_remark(data)] if is_measured else []
    for remark in (*of_columns, label_remark(data)):
        if remark:
            warnings.warn(remark, DataWarning, stacklevel=2)
    return data


def _names(given: str | Sequence[str]) -> list[str]:
    """Return one name or several as a list; pandas may have numbers for names."""
    return [given] if isinstance(given, str) else [str(name) for name in given]


def _texts_of(encoding: Encoding | None) -> list[str]:
    """Return the columns that an encoding takes as texts."""
    columns = encoding.columns if encoding else ()
    return [column.name for column in columns if isinstance(column, Categories)]


def _check_columns(option: str, given: Sequence[str], found: Source, name: str) -> None:
    """Refuse what is not a column of the table beside the labels."""
    names = [] if isinstance(found.X, np.ndarray) else found.X.columns
    absent = [column for column in given if column not in names]
    if absent:
        close = get_close_matches(absent[0], names, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        shown = ", ".join(names[:20]) if names else "it is no table"
        raise InputError(
            f"`{option}` must name columns of {name} beside the target ({shown}), "
            f"but got {absent[0]!r}{hint}"
        )


def _encoded(encoding: Encoding, frame: "pl.DataFrame", name: str) -> NDArray[Any]:
    """Return the features of a table."""
    check_array_bytes(name, frame.height, 8 * len(encoding.feature_names))
    return kept_features(encoding.encode(frame, name), encoding.feature_names)


def _check_lengths(found: Source, name: str) -> None:
    """Refuse another number of labels than of rows."""
    if len(found.labels) != len(found.X):
        raise InputError(
            f"there must be a label for each row, but {name} has {len(found.X)} rows "
            f"and {len(found.labels)} labels"
        )


def fingerprint_of(
    X: "NDArray[Any] | pl.DataFrame", y: NDArray[np.int64], labels: NDArray[Any]
) -> str:
    """Return SHA-256 over shape, dtype, features and labels, in hexadecimal.

    Example:
        >>> len(fingerprint_of(np.zeros((2, 1)), np.array([0, 1]), np.array(["a", "b"])))
        64
    """
    kind = X.dtype.str if isinstance(X, np.ndarray) else str(X.schema)
    digest = hashlib.sha256(repr((X.shape, kind, labels.tolist())).encode())
    for block in [X.data] if isinstance(X, np.ndarray) else table_bytes(X):
        digest.update(block.cast("B"))
    digest.update(y.data.cast("B"))
    return digest.hexdigest()
