"""Configuration files of the test mail servers, all below one folder and on 127.0.0.1."""

from dataclasses import dataclass
from pathlib import Path

DOMAIN = "axd.test"
CITIZEN_DOMAIN = "citizen.test"
UNDELIVERABLE_DOMAIN = "nobody.test"
PASSWORD = "correct-horse-马"
MAIL_USER = "nobody"


@dataclass(frozen=True, kw_only=True)
class MailPorts:
    imap: int
    imaps: int
    lmtp: int
    sasl: int
    smtp: int
    introspection: int


def dovecot_config(folder: Path, ports: MailPorts, certificate: Path, key: Path, uid: int, gid: int) -> str:
    """Any user with PASSWORD; XOAUTH2 tokens are asked for at the introspection stub."""
    return _accounts_and_mail(folder, certificate, key, uid, gid) + _services(ports)


def _accounts_and_mail(folder: Path, certificate: Path, key: Path, uid: int, gid: int) -> str:
    return f"""
protocols = imap lmtp
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
listen = 127.0.0.1
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
auth_failure_delay = 0
mail_location = maildir:~/Maildir
mail_fsync = never
mail_max_userip_connections = 100
first_valid_uid = 1
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2.conf.ext
}}
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%n allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
"""


def _services(ports: MailPorts) -> str:
    return f"""
service imap-login {{
  inet_listener imap {{
    port = {ports.imap}
  }}
  inet_listener imaps {{
    port = {ports.imaps}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {ports.lmtp}
  }}
}}
service auth {{
  inet_listener sasl {{
    address = 127.0.0.1
    port = {ports.sasl}
  }}
}}
protocol lmtp {{
  recipient_delimiter = +
  lmtp_save_to_detail_mailbox = no
}}
"""


def oauth2_config(ports: MailPorts) -> str:
    return f"""
introspection_url = http://127.0.0.1:{ports.introspection}/?token=
introspection_mode = get
username_attribute = username
username_format = %u
active_attribute = active
active_value = true
"""


def postfix_main(folder: Path, ports: MailPorts, certificate: Path, key: Path) -> str:
    return f"""
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
myhostname = mail.{DOMAIN}
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
recipient_delimiter = +
virtual_mailbox_domains = {DOMAIN}, {CITIZEN_DOMAIN}
virtual_transport = lmtp:inet:127.0.0.1:{ports.lmtp}
virtual_alias_maps = inline:{{ gone@{UNDELIVERABLE_DOMAIN}=gone@error.test }}
transport_maps = inline:{{ error.test=error:5.1.1:user_unknown }}
smtpd_recipient_restrictions =
  check_recipient_access inline:{{ {{refused@{CITIZEN_DOMAIN} = 550 no such user}} }},
  check_recipient_access inline:{{ {{later@{CITIZEN_DOMAIN} = 450 try later}} }},
  permit_mynetworks, reject
message_size_limit = 60000000
mailbox_size_limit = 0
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_security_level = may
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{ports.sasl}
smtp_dns_support_level = disabled
lmtp_destination_concurrency_limit = 10
minimal_backoff_time = 2s
queue_run_delay = 2s
"""


def postfix_master(ports: MailPorts) -> str:
    """The services that receive, queue and deliver by LMTP; nothing is chrooted."""
    rows = [
        f"127.0.0.1:{ports.smtp} inet n - n - - smtpd",
        "cleanup unix n - n - 0 cleanup",
        "qmgr unix n - n 300 1 qmgr",
        "tlsmgr unix - - n 1000? 1 tlsmgr",
        "rewrite unix - - n - - trivial-rewrite",
        "bounce unix - - n - 0 bounce",
        "defer unix - - n - 0 bounce",
        "trace unix - - n - 0 bounce",
        "error unix - - n - - error",
        "retry unix - - n - - error",
        "lmtp unix - - n - - lmtp",
        "anvil unix - - n - 1 anvil",
        "proxymap unix - - n - - proxymap",
        "postlog unix-dgram n - n - 1 postlogd",
    ]
    return "\n".join(rows) + "\n"
