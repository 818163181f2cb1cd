"""The telephone's administration: flows, prompts, items, duty roster, recordings; and supervisors in calls."""
