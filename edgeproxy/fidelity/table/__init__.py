"""The rows, in one literal table per subject."""
