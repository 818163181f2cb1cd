"""Letters and visits: entered by hand, with a sheet to print, and answered on paper."""
