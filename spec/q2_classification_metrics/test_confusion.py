"""Question 2a: what the four counts are, and what precision and recall make of them."""

from operator import attrgetter

from hypothesis import given, settings

from spec.harness import Evidence, Implementation, claim

from .strategies import ALIKE, CROWD, RATIO, Predictions, check_refusals, counts, panels, predictions, ratio

BY_SCIKIT_LEARN = {"tn": (0, 0), "fp": (0, 1), "fn": (1, 0), "tp": (1, 1)}
"""Where scikit-learn's confusion matrix holds each count: the row is the truth, the column the prediction."""


def check_against_scikit_learn(impl: Implementation, evidence: Evidence, panel: Predictions, count: str) -> None:
    """One count of every problem of a panel equals scikit-learn's."""
    from sklearn.metrics import multilabel_confusion_matrix

    matrices = multilabel_confusion_matrix(*panel)  # (problems, 2, 2)
    ours = [impl.metrics.confusion(*problem)[count] for problem in panel.problems()]
    evidence.equal(ours, matrices[:, *BY_SCIKIT_LEARN[count]].tolist(), f"{count.upper()} and scikit-learn's")


def check_crowds(impl: Implementation, evidence: Evidence, count: str) -> None:
    """The count of half a million people is exact, and all counts are where a million are of this kind."""
    exact = getattr(CROWD, count)
    evidence.equal(impl.metrics.confusion(*CROWD.predictions())[count], exact, f"{count.upper()} in a crowd")
    alike = max(ALIKE, key=attrgetter(count))
    evidence.equal(impl.metrics.confusion(*alike.predictions()), alike._asdict(), "counts of people who are all alike")


@claim("confusion.feed-precision-and-recall")
@settings(max_examples=50)
@given(counts(), counts())
def test_precision_is_made_of_tp_and_fp(impl, evidence, count, other):
    """Precision is TP / (TP + FP) of the reported counts, and the same for any FN and TN beside the same TP and FP."""
    same = other._replace(tp=count.tp, fp=count.fp)
    for labels in (group.predictions() for group in (count, same) if any(group)):
        precision, reported = impl.metrics.precision(*labels), impl.metrics.confusion(*labels)
        of_reported = ratio(reported["tp"], reported["tp"] + reported["fp"])
        evidence.equal(precision, of_reported, "precision, and TP / (TP + FP) of the reported counts", RATIO)
        expected = ratio(count.tp, count.tp + count.fp)
        evidence.equal(precision, expected, "precision at given TP and FP, any FN and TN", RATIO)


@claim("confusion.feed-precision-and-recall")
@settings(max_examples=50)
@given(counts(), counts())
def test_recall_is_made_of_tp_and_fn(impl, evidence, count, other):
    """Recall is TP / (TP + FN) of the reported counts, and the same for any FP and TN beside the same TP and FN."""
    same = other._replace(tp=count.tp, fn=count.fn)
    for labels in (group.predictions() for group in (count, same) if any(group)):
        recall, reported = impl.metrics.recall(*labels), impl.metrics.confusion(*labels)
        of_reported = ratio(reported["tp"], reported["tp"] + reported["fn"])
        evidence.equal(recall, of_reported, "recall, and TP / (TP + FN) of the reported counts", RATIO)
        evidence.equal(recall, ratio(count.tp, count.tp + count.fn), "recall at given TP and FN, any FP and TN", RATIO)


@claim("confusion.feed-precision-and-recall")
def test_precision_and_recall_of_crowds_are_exact(impl, evidence):
    """Of half a million people, and of a million who are all alike, both are those of the counts."""
    for group in (CROWD, *ALIKE):
        labels, positive, called = group.predictions(), group.tp + group.fn, group.tp + group.fp
        evidence.equal(impl.metrics.precision(*labels), ratio(group.tp, called), "precision in a crowd", RATIO)
        evidence.equal(impl.metrics.recall(*labels), ratio(group.tp, positive), "recall in a crowd", RATIO)


@claim("confusion.feed-precision-and-recall", role="boundary")
@settings(max_examples=50)
@given(counts(least=1), counts(least=1))
def test_neither_uses_the_true_negatives(impl, evidence, count, other):
    """More innocents rightly left alone change neither precision nor recall, while accuracy rises."""
    labels, more = count.predictions(), count._replace(tn=count.tn + other.tn).predictions()
    evidence.equal(impl.metrics.precision(*more), impl.metrics.precision(*labels), "precision with more TN", RATIO)
    evidence.equal(impl.metrics.recall(*more), impl.metrics.recall(*labels), "recall with more TN", RATIO)
    rises = impl.metrics.accuracy(*more) > impl.metrics.accuracy(*labels)
    evidence.true(rises, "accuracy rises with TN", tp=count.tp, fp=count.fp, fn=count.fn, tn=count.tn, more=other.tn)


@claim("confusion.false-positive")
@settings(max_examples=50)
@given(predictions())
def test_a_false_positive_is_a_negative_called_positive(impl, evidence, labels):
    """FP counts the samples that were called positive and are not; truth and prediction exchanged, it is FN."""
    count = impl.metrics.confusion(*labels)
    exchanged = impl.metrics.confusion(labels.y_pred, labels.y_true)
    evidence.equal(count["fp"], labels.counts().fp, "FP and its definition")
    evidence.equal(exchanged["fn"], count["fp"], "FN with truth and prediction exchanged, and FP")
    evidence.equal(sum(count.values()), len(labels.y_true), "TP + FP + FN + TN and the number of samples")


@claim("confusion.false-positive")
@settings(max_examples=10)
@given(panels())
def test_false_positives_are_those_of_scikit_learn(impl, evidence, panel):
    """FP equals scikit-learn's on 1000 problems."""
    check_against_scikit_learn(impl, evidence, panel, "fp")


@claim("confusion.false-positive")
def test_false_positives_of_a_crowd_are_all_counted(impl, evidence):
    """FP is 140 003 among half a million people, and a million where all are of this kind."""
    check_crowds(impl, evidence, "fp")


@claim("confusion.true-positive")
@settings(max_examples=50)
@given(predictions())
def test_a_true_positive_is_a_positive_called_positive(impl, evidence, labels):
    """TP counts the samples that were called positive and are; the two classes exchanged, it is TN."""
    count = impl.metrics.confusion(*labels)
    exchanged = impl.metrics.confusion(1 - labels.y_true, 1 - labels.y_pred)
    evidence.equal(count["tp"], labels.counts().tp, "TP and its definition")
    evidence.equal(exchanged["tn"], count["tp"], "TN with the classes exchanged, and TP")
    evidence.equal(sum(count.values()), len(labels.y_true), "TP + FP + FN + TN and the number of samples")


@claim("confusion.true-positive")
@settings(max_examples=10)
@given(panels())
def test_true_positives_are_those_of_scikit_learn(impl, evidence, panel):
    """TP equals scikit-learn's on 1000 problems."""
    check_against_scikit_learn(impl, evidence, panel, "tp")


@claim("confusion.true-positive")
def test_true_positives_of_a_crowd_are_all_counted(impl, evidence):
    """TP is 70 001 among half a million people, and a million where all are of this kind."""
    check_crowds(impl, evidence, "tp")


@claim("confusion.true-positive")
def test_bad_labels_are_refused_by_confusion(impl, evidence):
    """Labels other than 0 and 1, unequal lengths and no samples are refused."""
    check_refusals(evidence, impl.metrics.confusion)


@claim("confusion.false-negative")
@settings(max_examples=50)
@given(predictions())
def test_a_false_negative_is_a_positive_called_negative(impl, evidence, labels):
    """FN counts the samples that were called negative and are not; truth and prediction exchanged, it is FP."""
    count = impl.metrics.confusion(*labels)
    exchanged = impl.metrics.confusion(labels.y_pred, labels.y_true)
    evidence.equal(count["fn"], labels.counts().fn, "FN and its definition")
    evidence.equal(exchanged["fp"], count["fn"], "FP with truth and prediction exchanged, and FN")
    evidence.equal(sum(count.values()), len(labels.y_true), "TP + FP + FN + TN and the number of samples")


@claim("confusion.false-negative")
@settings(max_examples=10)
@given(panels())
def test_false_negatives_are_those_of_scikit_learn(impl, evidence, panel):
    """FN equals scikit-learn's on 1000 problems."""
    check_against_scikit_learn(impl, evidence, panel, "fn")


@claim("confusion.false-negative")
def test_false_negatives_of_a_crowd_are_all_counted(impl, evidence):
    """FN is 100 005 among half a million people, and a million where all are of this kind."""
    check_crowds(impl, evidence, "fn")


@claim("confusion.true-negative")
@settings(max_examples=50)
@given(predictions())
def test_a_true_negative_is_a_negative_called_negative(impl, evidence, labels):
    """TN counts the samples that were called negative and are; the two classes exchanged, it is TP."""
    count = impl.metrics.confusion(*labels)
    exchanged = impl.metrics.confusion(1 - labels.y_true, 1 - labels.y_pred)
    evidence.equal(count["tn"], labels.counts().tn, "TN and its definition")
    evidence.equal(exchanged["tp"], count["tn"], "TP with the classes exchanged, and TN")
    evidence.equal(sum(count.values()), len(labels.y_true), "TP + FP + FN + TN and the number of samples")


@claim("confusion.true-negative")
@settings(max_examples=10)
@given(panels())
def test_true_negatives_are_those_of_scikit_learn(impl, evidence, panel):
    """TN equals scikit-learn's on 1000 problems."""
    check_against_scikit_learn(impl, evidence, panel, "tn")


@claim("confusion.true-negative")
def test_true_negatives_of_a_crowd_are_all_counted(impl, evidence):
    """TN is 190 007 among half a million people, and a million where all are of this kind."""
    check_crowds(impl, evidence, "tn")
