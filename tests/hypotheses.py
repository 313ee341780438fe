"""How property tests look for a counterexample: the same few examples in every run."""

from hypothesis import HealthCheck, settings

few = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
