from scarmap.evaluation.presence import Presence, count_presence


def test_cases_are_counted_by_what_was_found_and_what_is_there():
    """One was found rightly, two wrongly; three were rightly not found, and four missed."""
    pairs = [(True, True)] + 2 * [(True, False)] + 3 * [(False, False)] + 4 * [(False, True)]
    found = {str(case): predicted for case, (predicted, _) in enumerate(pairs)}
    counts = count_presence(found, {str(case): true for case, (_, true) in enumerate(pairs)})
    assert counts == Presence(true_positive=1, false_positive=2, true_negative=3, false_negative=4)
    assert (counts.sensitivity, counts.specificity) == (1 / (1 + 4), 3 / (3 + 2))


def test_shares_are_defined_where_there_is_a_case():
    assert (Presence(1, 0, 0, 1).sensitivity, Presence(1, 0, 0, 1).specificity) == (0.5, None)
    assert (Presence(0, 1, 1, 0).sensitivity, Presence(0, 1, 1, 0).specificity) == (None, 0.5)
    assert Presence(0, 0, 0, 2).sensitivity == 0
