"""The kill audit: processes die at random, and an outside log of what was acknowledged is compared with SQL."""
