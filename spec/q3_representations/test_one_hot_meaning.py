"""Question 3b: how distance relates to meaning in an embedding that is good, which one-hot vectors are not."""

from spec.harness import claim

from .word_measures import against_judgements, distance_against_meaning


@claim("one-hot.distance-should-track-meaning")
def test_distance_rises_with_likeness_of_meaning(word_classes, evidence):
    """Among skip-gram vectors, the more alike in meaning two words are, the greater is their distance."""
    evidence.exceeds(distance_against_meaning(word_classes.trained["input"]), "as_worded")


@claim("one-hot.distance-should-track-meaning", role="amended")
def test_distance_falls_with_likeness_of_meaning(word_classes, evidence):
    """Among skip-gram vectors, the more alike in meaning two words are, the smaller is their distance."""
    evidence.exceeds(-distance_against_meaning(word_classes.trained["input"]), "inverse")


@claim("one-hot.distance-should-track-meaning", role="amended")
def test_distance_falls_with_similarity_as_people_judge_it(real_text, evidence):
    """Among skip-gram vectors of real text, cosine distance falls as the similarity rises that people judge."""
    evidence.exceeds(against_judgements(real_text.trained, real_text.text), "inverse_real_text")


@claim("one-hot.distance-should-track-meaning", role="control")
def test_shuffled_text_relates_distance_to_nothing(word_classes, evidence):
    """Among vectors of shuffled text, distance has no relation to likeness of meaning."""
    evidence.within(distance_against_meaning(word_classes.shuffled["input"]), "shuffled_text")
