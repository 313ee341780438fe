"""What the author of a system needs: recipes, their settings, descriptions, schedules and trained models."""
