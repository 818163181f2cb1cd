import { client, take } from './client'
import type * as M from './models'

const { GET, POST, PUT, PATCH, DELETE } = client

/** What an uploaded file travels in. */
function formOf(file: File): FormData {
  const form = new FormData()
  form.set('file', file)
  return form
}

const contactAt = (contact_id: string) => ({ params: { path: { contact_id } } })
const citizenAt = (citizen_id: string) => ({ params: { path: { citizen_id } } })
const caseAt = (case_id: string) => ({ params: { path: { case_id } } })
const agentAt = (agent_id: string) => ({ params: { path: { agent_id } } })
const itemAt = (item_id: string) => ({ params: { path: { item_id } } })
const mailboxAt = (mailbox_id: string) => ({ params: { path: { mailbox_id } } })
const draftAt = (contact_id: string, kind: DraftKind) => ({ params: { path: { contact_id, kind } } })

export type DraftKind = 'reply' | 'note' | 'case' | 'wrap_up'
type ContactQuery = { scope: 'mine' | 'waiting' | 'all'; queue_id?: string; q?: string }

const session = {
  session: () => take(GET('/api/desk/session')),
  login: (login: string, password: string) => take(POST('/api/desk/login', { body: { login, password } })),
  logout: () => take(POST('/api/desk/logout')),
  password: (current: string, fresh: string) => take(POST('/api/desk/password', { body: { current, new: fresh } })),
  sessions: () => take(GET('/api/desk/sessions')),
  telephonePin: () => take(GET('/api/desk/telephone-pin')),
  setTelephonePin: (password: string, pin: string) => take(PUT('/api/desk/telephone-pin', { body: { password, pin } })),
  removeTelephonePin: () => take(DELETE('/api/desk/telephone-pin')),
  revokeSession: (session_id: string) =>
    take(DELETE('/api/desk/sessions/{session_id}', { params: { path: { session_id } } })),
}

const inbox = {
  snapshot: () => take(GET('/api/desk/snapshot')),
  reference: () => take(GET('/api/desk/reference')),
  contacts: (query: ContactQuery) => take(GET('/api/desk/contacts', { params: { query } })),
  contact: (id: string) => take(GET('/api/desk/contacts/{contact_id}', contactAt(id))),
  thread: (contact_id: string, before?: string) =>
    take(GET('/api/desk/contacts/{contact_id}/thread', { params: { path: { contact_id }, query: { before } } })),
  accept: (id: string, fence: string) =>
    take(POST('/api/desk/contacts/{contact_id}/accept', { ...contactAt(id), body: { fence } })),
  decline: (id: string, fence: string, reason: string | null) =>
    take(POST('/api/desk/contacts/{contact_id}/decline', { ...contactAt(id), body: { fence, reason } })),
  read: (id: string) => take(POST('/api/desk/contacts/{contact_id}/read', contactAt(id))),
  send: (id: string, body: M.MessageInput) =>
    take(POST('/api/desk/contacts/{contact_id}/messages', { ...contactAt(id), body })),
  retry: (message_id: string) =>
    take(POST('/api/desk/messages/{message_id}/retry', { params: { path: { message_id } } })),
  park: (id: string, until: string, reason: string) =>
    take(POST('/api/desk/contacts/{contact_id}/park', { ...contactAt(id), body: { until, reason } })),
  resume: (id: string) => take(POST('/api/desk/contacts/{contact_id}/resume', contactAt(id))),
  finish: (id: string) => take(POST('/api/desk/contacts/{contact_id}/finish', contactAt(id))),
  extendWrapUp: (id: string) => take(POST('/api/desk/contacts/{contact_id}/wrap-up/extend', contactAt(id))),
  disposition: (id: string, disposition: string, note: string) =>
    take(POST('/api/desk/contacts/{contact_id}/disposition', { ...contactAt(id), body: { disposition, note } })),
  transfer: (id: string, body: M.TransferInput) =>
    take(POST('/api/desk/contacts/{contact_id}/transfer', { ...contactAt(id), body })),
  spam: (id: string, reason: string) =>
    take(POST('/api/desk/contacts/{contact_id}/spam', { ...contactAt(id), body: { reason } })),
  openSealed: (id: string, reason: string) =>
    take(POST('/api/desk/contacts/{contact_id}/open', { ...contactAt(id), body: { reason } })),
  why: (id: string) => take(GET('/api/desk/contacts/{contact_id}/why', contactAt(id))),
  draft: (id: string, kind: DraftKind) => take(GET('/api/desk/contacts/{contact_id}/drafts/{kind}', draftAt(id, kind))),
  saveDraft: (id: string, kind: DraftKind, version: number, body: Record<string, unknown>) =>
    take(PUT('/api/desk/contacts/{contact_id}/drafts/{kind}', { ...draftAt(id, kind), body: { version, body } })),
  dropDraft: (id: string, kind: DraftKind) =>
    take(DELETE('/api/desk/contacts/{contact_id}/drafts/{kind}', draftAt(id, kind))),
  upload: (file: File) => take(POST('/api/desk/uploads', { body: { file: '' }, bodySerializer: () => formOf(file) })),
  presence: (presence: 'ready' | 'not_ready' | 'offline', reason: string | null) =>
    take(POST('/api/desk/presence', { body: { presence, reason } })),
  search: (q: string, signal?: AbortSignal) => take(GET('/api/desk/search', { params: { query: { q } }, signal })),
}

const calls = {
  supervise: (id: string, mode: 'listen' | 'whisper' | 'barge') =>
    take(POST('/api/desk/telephone/calls/{contact_id}/supervise', { ...contactAt(id), body: { mode } })),
  endSupervision: (id: string) => take(POST('/api/desk/telephone/calls/{contact_id}/end-supervision', contactAt(id))),
  takeCallOver: (id: string) => take(POST('/api/desk/telephone/calls/{contact_id}/take-over', contactAt(id))),
  endCall: (id: string) => take(POST('/api/desk/telephone/calls/{contact_id}/hang-up', contactAt(id))),
  phone: () => take(GET('/api/desk/calls/phone')),
  call: (id: string) => take(GET('/api/desk/calls/{contact_id}', contactAt(id))),
  holdCall: (id: string, on: boolean) =>
    take(POST('/api/desk/calls/{contact_id}/hold', { ...contactAt(id), body: { on } })),
  sendDigits: (id: string, digits: string) =>
    take(POST('/api/desk/calls/{contact_id}/digits', { ...contactAt(id), body: { digits } })),
  consult: (id: string, to: string) =>
    take(POST('/api/desk/calls/{contact_id}/consult', { ...contactAt(id), body: { to } })),
  endConsult: (id: string) => take(POST('/api/desk/calls/{contact_id}/end-consult', contactAt(id))),
  joinAll: (id: string) => take(POST('/api/desk/calls/{contact_id}/conference', contactAt(id))),
  completeTransfer: (id: string) => take(POST('/api/desk/calls/{contact_id}/complete-transfer', contactAt(id))),
  transferCall: (id: string, to: string) =>
    take(POST('/api/desk/calls/{contact_id}/transfer', { ...contactAt(id), body: { to } })),
  menus: (id: string) => take(GET('/api/desk/calls/{contact_id}/menus', contactAt(id))),
  sendBack: (id: string, node: string) =>
    take(POST('/api/desk/calls/{contact_id}/send-back', { ...contactAt(id), body: { node } })),
  dial: (id: string, body: Partial<M.CallInput>) =>
    take(
      POST('/api/desk/calls/{contact_id}/dial', { ...contactAt(id), body: { number: '', department: '', ...body } }),
    ),
  askForHelp: (id: string, note: string) =>
    take(PUT('/api/desk/calls/{contact_id}/help', { ...contactAt(id), body: { note } })),
  endHelp: (id: string) => take(DELETE('/api/desk/calls/{contact_id}/help', contactAt(id))),
  abandoned: (settled: boolean) => take(GET('/api/desk/abandoned-calls', { params: { query: { settled } } })),
  returnCall: (id: string) => take(POST('/api/desk/abandoned-calls/{contact_id}/call', contactAt(id))),
  recordings: (id: string) => take(GET('/api/desk/contacts/{contact_id}/recordings', contactAt(id))),
  waveform: (recording_id: string) =>
    take(GET('/api/desk/recordings/{recording_id}/waveform', { params: { path: { recording_id } } })),
}

const records = {
  citizen: (id: string) => take(GET('/api/desk/citizens/{citizen_id}', citizenAt(id))),
  changeCitizen: (id: string, body: M.CitizenInput) =>
    take(PATCH('/api/desk/citizens/{citizen_id}', { ...citizenAt(id), body })),
  matches: (id: string) => take(GET('/api/desk/citizens/{citizen_id}/matches', citizenAt(id))),
  reveal: (id: string, field: string, reason: string) =>
    take(POST('/api/desk/citizens/{citizen_id}/reveal', { ...citizenAt(id), body: { field, reason } })),
  merge: (id: string, other_id: string, reason: string, confirmed: boolean) =>
    take(POST('/api/desk/citizens/{citizen_id}/merge', { ...citizenAt(id), body: { other_id, reason, confirmed } })),
  recordHistory: (id: string) => take(GET('/api/desk/citizens/{citizen_id}/record-history', citizenAt(id))),
  splitCitizen: (id: string, address_ids: string[], reason: string) =>
    take(POST('/api/desk/citizens/{citizen_id}/split', { ...citizenAt(id), body: { address_ids, reason } })),
  undoSplit: (split_id: string) => take(POST('/api/desk/splits/{split_id}/undo', { params: { path: { split_id } } })),
  doNotContact: (id: string, channels: string[], reason: string) =>
    take(PUT('/api/desk/citizens/{citizen_id}/do-not-contact', { ...citizenAt(id), body: { channels, reason } })),
  represent: (id: string, body: M.RepresentsInput) =>
    take(POST('/api/desk/citizens/{citizen_id}/represents', { ...citizenAt(id), body })),
  representNoMore: (citizen_id: string, other_id: string) =>
    take(
      DELETE('/api/desk/citizens/{citizen_id}/represents/{other_id}', { params: { path: { citizen_id, other_id } } }),
    ),
  shareAddress: (citizen_id: string, address_id: string, shared: boolean) =>
    take(
      PATCH('/api/desk/citizens/{citizen_id}/addresses/{address_id}', {
        params: { path: { citizen_id, address_id } },
        body: { shared },
      }),
    ),
  dismissMatch: (id: string, other_id: string) =>
    take(POST('/api/desk/citizens/{citizen_id}/dismiss-match', { ...citizenAt(id), body: { other_id } })),
  undoMerge: (merge_id: string) => take(POST('/api/desk/merges/{merge_id}/undo', { params: { path: { merge_id } } })),
  cases: (query: { q?: string; status?: string; citizen_id?: string }) =>
    take(GET('/api/desk/cases', { params: { query } })),
  case: (id: string) => take(GET('/api/desk/cases/{case_id}', caseAt(id))),
  openCase: (body: M.CaseInput) => take(POST('/api/desk/cases', { body })),
  changeCase: (id: string, body: M.CaseChange) => take(PATCH('/api/desk/cases/{case_id}', { ...caseAt(id), body })),
  tellCase: (id: string) => take(POST('/api/desk/cases/{case_id}/tell-by-telephone', caseAt(id))),
  linkCase: (id: string, contact_id: string) =>
    take(POST('/api/desk/cases/{case_id}/link', { ...caseAt(id), body: { contact_id, note: '' } })),
  urgeCase: (id: string, contact_id: string, note: string) =>
    take(POST('/api/desk/cases/{case_id}/urge', { ...caseAt(id), body: { contact_id, note } })),
}

const supervision = {
  board: () => take(GET('/api/desk/board')),
  satisfaction: (days: number) => take(GET('/api/desk/satisfaction', { params: { query: { days } } })),
  forceNotReady: (id: string, reason: string) =>
    take(POST('/api/desk/agents/{agent_id}/not-ready', { ...agentAt(id), body: { reason } })),
  forceLogout: (id: string, reason: string, after_contact: boolean) =>
    take(POST('/api/desk/agents/{agent_id}/logout', { ...agentAt(id), body: { reason, after_contact } })),
  skills: () => take(GET('/api/desk/skills')),
  previewSkills: (changes: M.SkillChange[], signal?: AbortSignal) =>
    take(POST('/api/desk/skills/preview', { body: { changes }, signal })),
  saveSkills: (version: string, changes: M.SkillChange[], reason: string) =>
    take(PUT('/api/desk/skills', { body: { version, changes, reason } })),
  skillHistory: () => take(GET('/api/desk/skills/history')),
}

const administration = {
  quarantine: () => take(GET('/api/desk/quarantine')),
  raw: (id: string) => take(GET('/api/desk/quarantine/{item_id}/raw', itemAt(id))),
  parseAgain: (id: string) => take(POST('/api/desk/quarantine/{item_id}/parse', itemAt(id))),
  quarantineContact: (id: string, body: M.QuarantineContactInput) =>
    take(POST('/api/desk/quarantine/{item_id}/contact', { ...itemAt(id), body })),
  discard: (id: string, reason: string) =>
    take(POST('/api/desk/quarantine/{item_id}/discard', { ...itemAt(id), body: { reason } })),
  mailboxes: () => take(GET('/api/desk/mailboxes')),
  createMailbox: (body: M.MailboxInput) => take(POST('/api/desk/mailboxes', { body })),
  changeMailbox: (id: string, body: M.MailboxInput) =>
    take(PATCH('/api/desk/mailboxes/{mailbox_id}', { ...mailboxAt(id), body })),
  removeMailbox: (id: string) => take(DELETE('/api/desk/mailboxes/{mailbox_id}', mailboxAt(id))),
  checkMailbox: (id: string) => take(POST('/api/desk/mailboxes/{mailbox_id}/check', mailboxAt(id))),
  fetchMailbox: (id: string) => take(POST('/api/desk/mailboxes/{mailbox_id}/fetch', mailboxAt(id))),
  satisfactionSettings: () => take(GET('/api/desk/satisfaction-settings')),
  changeSatisfactionSettings: (body: M.SatisfactionSettings) => take(PUT('/api/desk/satisfaction-settings', { body })),
  blocked: () => take(GET('/api/desk/blocked-addresses')),
  block: (body: M.BlockInput) => take(POST('/api/desk/blocked-addresses', { body })),
  unblock: (blocked_id: string) =>
    take(DELETE('/api/desk/blocked-addresses/{blocked_id}', { params: { path: { blocked_id } } })),
  texts: () => take(GET('/api/desk/automatic-texts')),
  changeText: (path: M.TextPath, body: M.AutomaticTextInput) =>
    take(PUT('/api/desk/automatic-texts/{key}/{channel}/{language}', { params: { path }, body })),
  previewText: (path: M.TextPath, body: M.AutomaticTextInput) =>
    take(POST('/api/desk/automatic-texts/{key}/{channel}/{language}/preview', { params: { path }, body })),
  resetText: (path: M.TextPath) =>
    take(DELETE('/api/desk/automatic-texts/{key}/{channel}/{language}', { params: { path } })),
  accounts: () => take(GET('/api/desk/accounts')),
  createAccount: (body: M.AccountInput) => take(POST('/api/desk/accounts', { body })),
  changeAccount: (account_id: string, body: M.AccountChange) =>
    take(PATCH('/api/desk/accounts/{account_id}', { params: { path: { account_id } }, body })),
  roles: () => take(GET('/api/desk/roles')),
  changeRole: (key: string, permissions: string[]) =>
    take(PUT('/api/desk/roles/{key}', { params: { path: { key } }, body: { permissions } })),
  audit: (q: string) => take(GET('/api/desk/audit', { params: { query: { q } } })),
}

/** The desk's API, one name for each route (the list stands in desk/schemas). Every call may throw `Problem`. */
export const api = { ...session, ...inbox, ...calls, ...records, ...supervision, ...administration }
