import type { Mailbox, MailboxInput } from '../api/models'

export const emptyMailbox = (): MailboxInput => ({
  name: '',
  address: '',
  imap_host: '',
  imap_port: 993,
  imap_security: 'tls',
  smtp_host: '',
  smtp_port: 587,
  smtp_security: 'starttls',
  auth: 'password',
  username: '',
  secret: null,
  oauth_token_url: null,
  oauth_client_id: null,
  oauth_client_secret: null,
  folder: 'INBOX',
  profile: 'mail',
  fax_senders: null,
  fax_gateway: null,
  enabled: true,
})

/** The form of a stored mailbox. Secrets are never given back: left empty they stay as they are. */
export function formOf(mailbox: Mailbox): MailboxInput {
  const { name, address, imap_host, imap_port, smtp_host, smtp_port, username, folder, enabled } = mailbox
  const security = mailbox.imap_security as MailboxInput['imap_security']
  const out = mailbox.smtp_security as MailboxInput['smtp_security']
  return {
    ...emptyMailbox(),
    name,
    address,
    imap_host,
    imap_port,
    smtp_host,
    smtp_port,
    username,
    folder,
    enabled,
    imap_security: security,
    smtp_security: out,
    auth: mailbox.auth as MailboxInput['auth'],
    profile: mailbox.profile as MailboxInput['profile'],
    fax_senders: mailbox.fax_senders,
    fax_gateway: mailbox.fax_gateway,
  }
}

/** Empty texts of the optional fields are no values. */
export function clean(form: MailboxInput): MailboxInput {
  return {
    ...form,
    secret: form.secret || null,
    fax_senders: form.fax_senders || null,
    fax_gateway: form.fax_gateway || null,
    oauth_token_url: form.oauth_token_url || null,
    oauth_client_id: form.oauth_client_id || null,
    oauth_client_secret: form.oauth_client_secret || null,
  }
}
