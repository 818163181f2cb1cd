"""The real mail servers for every test of this folder."""

from tests.support.mail_peers import mail_peers, mail_servers

__all__ = ["mail_peers", "mail_servers"]
