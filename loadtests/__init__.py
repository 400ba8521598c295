"""Load on a running proxy: `python -m loadtests.run` (locust on the demo) and `python -m loadtests.bench` (the figures)."""
