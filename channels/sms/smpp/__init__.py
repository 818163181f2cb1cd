"""Text messages over SMPP 3.4: our end is the ESME. Section numbers are those of its specification, issue 1.2."""
