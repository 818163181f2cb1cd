"""Calls in the desk: the page as a telephone, and what an agent does with a call."""
