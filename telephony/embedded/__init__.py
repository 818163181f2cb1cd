"""Calls between browsers, through this process: no telephone exchange is needed.

Each party is a peer connection (aiortc) to the gateway, which mixes, plays and records in Python. `audio` is sound as
numbers, `mixer` who hears what, `recorder` the file; `peer` is the line to one page; `leg`, `bridge`, `spy` and
`engine` are the ports of `telephony.calls`; `pages` is what pages and engine say to each other.
"""
