"""Trunks to the telephone network and the phones of the house, whatever engine carries their calls."""
