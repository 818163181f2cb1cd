import { call } from './client'
import type * as M from './models'

const id = encodeURIComponent

/** The desk's API, one name for each route (the list stands in desk/schemas). */
export const api = {
  session: () => call<M.SessionInfo>('GET', 'session'),
  login: (login: string, password: string) => call<M.SessionInfo>('POST', 'login', { body: { login, password } }),
  logout: () => call<void>('POST', 'logout'),
  password: (current: string, fresh: string) => call<void>('POST', 'password', { body: { current, new: fresh } }),
  sessions: () => call<M.OpenSession[]>('GET', 'sessions'),
  revokeSession: (session: string) => call<void>('DELETE', `sessions/${id(session)}`),

  snapshot: () => call<M.Snapshot>('GET', 'snapshot'),
  reference: () => call<M.Reference>('GET', 'reference'),
  contacts: (query: { scope: 'mine' | 'waiting' | 'all'; queue_id?: string; q?: string }) =>
    call<M.ContactSummary[]>('GET', 'contacts', { query }),
  contact: (contact: string) => call<M.ContactDetail>('GET', `contacts/${id(contact)}`),
  thread: (contact: string, before?: string) => call<M.ThreadPage>('GET', `contacts/${id(contact)}/thread`, { query: { before } }),
  accept: (contact: string, fence: string) => call<M.ContactDetail>('POST', `contacts/${id(contact)}/accept`, { body: { fence } }),
  decline: (contact: string, fence: string, reason?: string) =>
    call<void>('POST', `contacts/${id(contact)}/decline`, { body: { fence, reason: reason ?? null } }),
  read: (contact: string) => call<void>('POST', `contacts/${id(contact)}/read`),
  send: (contact: string, body: M.MessageInput) => call<M.ThreadItem>('POST', `contacts/${id(contact)}/messages`, { body }),
  retry: (message: string) => call<M.ThreadItem>('POST', `messages/${id(message)}/retry`),
  park: (contact: string, until: string, reason: string) => call<void>('POST', `contacts/${id(contact)}/park`, { body: { until, reason } }),
  resume: (contact: string) => call<void>('POST', `contacts/${id(contact)}/resume`),
  finish: (contact: string) => call<void>('POST', `contacts/${id(contact)}/finish`),
  disposition: (contact: string, disposition: string, note: string) =>
    call<void>('POST', `contacts/${id(contact)}/disposition`, { body: { disposition, note } }),
  transfer: (contact: string, body: M.TransferInput) => call<void>('POST', `contacts/${id(contact)}/transfer`, { body }),
  spam: (contact: string, reason: string) => call<void>('POST', `contacts/${id(contact)}/spam`, { body: { reason } }),
  openSealed: (contact: string, reason: string) => call<M.ContactDetail>('POST', `contacts/${id(contact)}/open`, { body: { reason } }),
  why: (contact: string) => call<M.Why>('GET', `contacts/${id(contact)}/why`),
  draft: (contact: string, kind: string) => call<M.Draft | null>('GET', `contacts/${id(contact)}/drafts/${kind}`),
  saveDraft: (contact: string, kind: string, version: number, body: Record<string, unknown>) =>
    call<M.Draft>('PUT', `contacts/${id(contact)}/drafts/${kind}`, { body: { version, body } }),
  dropDraft: (contact: string, kind: string) => call<void>('DELETE', `contacts/${id(contact)}/drafts/${kind}`),
  upload: (file: File) => {
    const body = new FormData()
    body.set('file', file)
    return call<M.Attachment>('POST', 'uploads', { body })
  },
  presence: (presence: 'ready' | 'not_ready' | 'offline', reason?: string) =>
    call<M.Agent>('POST', 'presence', { body: { presence, reason: reason ?? null } }),

  citizen: (citizen: string) => call<M.Citizen>('GET', `citizens/${id(citizen)}`),
  changeCitizen: (citizen: string, body: M.CitizenInput) => call<M.Citizen>('PATCH', `citizens/${id(citizen)}`, { body }),
  matches: (citizen: string) => call<M.Match[]>('GET', `citizens/${id(citizen)}/matches`),
  reveal: (citizen: string, field: string, reason: string) =>
    call<{ value: string }>('POST', `citizens/${id(citizen)}/reveal`, { body: { field, reason } }),
  merge: (citizen: string, other: string, reason: string) =>
    call<M.Citizen>('POST', `citizens/${id(citizen)}/merge`, { body: { other_id: other, reason } }),
  dismissMatch: (citizen: string, other: string) =>
    call<void>('POST', `citizens/${id(citizen)}/dismiss-match`, { body: { other_id: other } }),
  undoMerge: (merge: string) => call<void>('POST', `merges/${id(merge)}/undo`),

  cases: (query: { q?: string; status?: string; citizen_id?: string }) => call<M.CaseSummary[]>('GET', 'cases', { query }),
  case: (one: string) => call<M.CaseDetail>('GET', `cases/${id(one)}`),
  openCase: (body: M.CaseInput) => call<M.OpenedCase>('POST', 'cases', { body }),
  changeCase: (one: string, body: M.CaseChange) => call<M.CaseDetail>('PATCH', `cases/${id(one)}`, { body }),
  linkCase: (one: string, contact: string) => call<M.CaseDetail>('POST', `cases/${id(one)}/link`, { body: { contact_id: contact } }),
  urgeCase: (one: string, contact: string, note: string) =>
    call<M.CaseDetail>('POST', `cases/${id(one)}/urge`, { body: { contact_id: contact, note } }),

  search: (q: string, signal?: AbortSignal) => call<{ hits: M.SearchHit[] }>('GET', 'search', { query: { q }, signal }),

  board: () => call<M.Board>('GET', 'board'),
  forceNotReady: (agent: string, reason: string) => call<void>('POST', `agents/${id(agent)}/not-ready`, { body: { reason } }),
  forceLogout: (agent: string, reason: string, afterContact: boolean) =>
    call<void>('POST', `agents/${id(agent)}/logout`, { body: { reason, after_contact: afterContact } }),

  skills: () => call<M.SkillsMatrix>('GET', 'skills'),
  previewSkills: (changes: M.SkillChange[], signal?: AbortSignal) => call<M.Preview>('POST', 'skills/preview', { body: { changes }, signal }),
  saveSkills: (version: string, changes: M.SkillChange[], reason: string) =>
    call<M.SkillsMatrix>('PUT', 'skills', { body: { version, changes, reason } }),
  skillHistory: () => call<M.SkillHistoryItem[]>('GET', 'skills/history'),

  quarantine: () => call<M.Quarantined[]>('GET', 'quarantine'),
  raw: (item: string) => call<M.Raw>('GET', `quarantine/${id(item)}/raw`),
  parseAgain: (item: string) => call<void>('POST', `quarantine/${id(item)}/parse`),
  quarantineContact: (item: string, body: M.QuarantineContactInput) => call<void>('POST', `quarantine/${id(item)}/contact`, { body }),
  discard: (item: string, reason: string) => call<void>('POST', `quarantine/${id(item)}/discard`, { body: { reason } }),

  mailboxes: () => call<M.Mailbox[]>('GET', 'mailboxes'),
  createMailbox: (body: M.MailboxInput) => call<M.Mailbox>('POST', 'mailboxes', { body }),
  changeMailbox: (mailbox: string, body: M.MailboxInput) => call<M.Mailbox>('PATCH', `mailboxes/${id(mailbox)}`, { body }),
  removeMailbox: (mailbox: string) => call<void>('DELETE', `mailboxes/${id(mailbox)}`),
  checkMailbox: (mailbox: string) => call<M.Check>('POST', `mailboxes/${id(mailbox)}/check`),
  fetchMailbox: (mailbox: string) => call<void>('POST', `mailboxes/${id(mailbox)}/fetch`),

  accounts: () => call<M.Account[]>('GET', 'accounts'),
  createAccount: (body: M.AccountInput) => call<M.AccountCreated>('POST', 'accounts', { body }),
  changeAccount: (account: string, body: M.AccountChange) => call<M.AccountCreated>('PATCH', `accounts/${id(account)}`, { body }),
  roles: () => call<M.Roles>('GET', 'roles'),
  changeRole: (role: string, permissions: string[]) => call<M.Roles>('PUT', `roles/${id(role)}`, { body: { permissions } }),
  audit: (query: { q?: string }) => call<M.Audit[]>('GET', 'audit', { query }),
}
