"""Many trainings as jobs: planned, carried out on one machine or many, noted as they end."""
