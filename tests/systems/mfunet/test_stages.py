import pytest

from scarmap.systems.mfunet.stages import alternating_phases, published_phases


def rates(phase):
    return [phase.learning_rate * phase.decay(epoch, phase.epochs) for epoch in range(phase.epochs)]


def test_tables_1_and_2_train_150_epochs_from_1e_4_down_to_a_tenth():
    (phase,) = published_phases()
    assert (phase.epochs, phase.patience, phase.min_delta, phase.hold_out) == (150, 55, 0.005, None)
    assert rates(phase)[0] == pytest.approx(1e-4 * 10 ** (-1 / 150))
    assert rates(phase)[74] == pytest.approx(1e-4 * 10**-0.5)
    assert rates(phase)[-1] == pytest.approx(1e-5)


def test_alternative_cross_validation_has_the_lengths_and_rates_of_the_paper():
    phases = alternating_phases()
    assert [phase.epochs for phase in phases] == [50, 40, 30, 20, 15, 10]
    assert [phase.learning_rate for phase in phases] == [1e-4, 9e-5, 8e-5, 6e-5, 5e-5, 4e-5]
    assert [rates(phase)[-1] for phase in phases] == pytest.approx(
        [1e-5, 9e-6, 8e-6, 6e-6, 5e-6, 4e-6]
    )


def test_alternative_cross_validation_holds_out_each_fifth_once_and_then_trains_on_all():
    phases = alternating_phases()
    assert [phase.hold_out for phase in phases] == [0, 1, 2, 3, 4, None]
    assert [phase.patience for phase in phases] == [25, 15, 10, 5, 5, None]
