"""`axd bench`: what operators size with; never part of the test suite."""
