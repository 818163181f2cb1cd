// What the widget knows, and how each frame changes it. Pure: the view draws it, the connection feeds it.
import type { Attachment, MessageFrame, Receipt, ServerFrame, Status } from './protocol'

export interface Entry {
  seq: number
  author: MessageFrame['author']
  text: string
  sentAt: string
  attachments: Attachment[]
  staffNumber: string | null
  receipt: Receipt | null
  rate?: boolean
}

export interface Pending {
  clientMsgId: string
  text: string
  attachments: Attachment[]
  refused: string | null
}

export interface ChatState {
  online: boolean
  status: Status
  waitingText: string
  staffNumber: string | null
  entries: Entry[]
  pending: Pending[]
  /** Every message up to here is in `entries`: where to resume. */
  contiguousSeq: number
  readByAgent: number
  agentTyping: boolean
  idleClosesInS: number | null
}

export type ChatEvent =
  | ServerFrame
  | { type: 'compose'; message: Pending }
  | { type: 'discard'; clientMsgId: string }
  | { type: 'connection'; online: boolean }
  | { type: 'restart' }

export const initialState: ChatState = {
  online: false,
  status: 'new',
  waitingText: '',
  staffNumber: null,
  entries: [],
  pending: [],
  contiguousSeq: 0,
  readByAgent: 0,
  agentTyping: false,
  idleClosesInS: null,
}

export function reduce(state: ChatState, event: ChatEvent): ChatState {
  switch (event.type) {
    case 'welcome':
      return {
        ...state,
        online: true,
        status: event.status,
        waitingText: event.text ?? '',
        readByAgent: Math.max(state.readByAgent, event.read_by_agent),
      }
    case 'ack':
      return acknowledged(state, event.client_msg_id, event.seq, event.sent_at)
    case 'answer':
      return answered(state, event.client_msg_id, event.text)
    case 'message':
      return received(state, event)
    case 'status':
      return {
        ...state,
        status: event.status,
        waitingText: event.text ?? '',
        staffNumber: event.staff_number ?? null,
        agentTyping: event.status === 'active' && state.agentTyping,
        idleClosesInS: null,
      }
    case 'typing':
      return { ...state, agentTyping: event.on }
    case 'read':
      return { ...state, readByAgent: Math.max(state.readByAgent, event.seq) }
    case 'idle':
      return { ...state, idleClosesInS: event.closes_in_s }
    case 'error':
      return event.client_msg_id ? { ...state, pending: refuse(state.pending, event.client_msg_id, event.title) } : state
    case 'compose':
      return { ...state, pending: [...state.pending, event.message], idleClosesInS: null }
    case 'discard':
      return { ...state, pending: without(state.pending, event.clientMsgId) }
    case 'connection':
      return { ...state, online: event.online, agentTyping: event.online && state.agentTyping }
    case 'restart':
      return { ...initialState, pending: state.pending }
    case 'ping':
      return state
  }
}

/** The oldest unsettled messages, to be sent again after each reconnect; the server knows repeats by their id. */
export function unsent(state: ChatState): Pending[] {
  return state.pending.filter((message) => message.refused === null)
}

function without(pending: Pending[], clientMsgId: string): Pending[] {
  return pending.filter((message) => message.clientMsgId !== clientMsgId)
}

function refuse(pending: Pending[], clientMsgId: string, reason: string): Pending[] {
  return pending.map((message) => (message.clientMsgId === clientMsgId ? { ...message, refused: reason } : message))
}

function acknowledged(state: ChatState, clientMsgId: string, seq: number, sentAt: string): ChatState {
  const mine = state.pending.find((message) => message.clientMsgId === clientMsgId)
  if (!mine) return state
  const entry: Entry = {
    seq, sentAt, author: 'visitor', text: mine.text, attachments: mine.attachments, staffNumber: null, receipt: null,
  }
  return {
    ...state,
    pending: without(state.pending, clientMsgId),
    entries: insert(state.entries, entry),
    // An acknowledgement may overtake an earlier message of the agent: only the next number closes the gap.
    contiguousSeq: seq === state.contiguousSeq + 1 ? seq : state.contiguousSeq,
  }
}

/** Stands after what there is now, on this page only: numbers of messages are whole, those of answers between them. */
function answered(state: ChatState, clientMsgId: string, text: string): ChatState {
  const mine = state.pending.find((message) => message.clientMsgId === clientMsgId)
  if (!mine) return state
  const seq = (state.entries[state.entries.length - 1]?.seq ?? 0) + 0.001
  const entry: Entry = { seq, author: 'system', text, sentAt: '', attachments: [], staffNumber: null, receipt: null }
  return { ...state, pending: without(state.pending, clientMsgId), entries: insert(state.entries, entry) }
}

function received(state: ChatState, frame: MessageFrame): ChatState {
  const entry: Entry = {
    seq: frame.seq,
    author: frame.author,
    text: frame.text,
    sentAt: frame.sent_at,
    attachments: frame.attachments,
    staffNumber: frame.staff_number ?? null,
    receipt: frame.receipt ?? null,
    rate: frame.rate ?? false,
  }
  return {
    ...state,
    entries: insert(state.entries, entry),
    pending: frame.client_msg_id ? without(state.pending, frame.client_msg_id) : state.pending,
    contiguousSeq: Math.max(state.contiguousSeq, frame.seq),
    agentTyping: frame.author === 'agent' ? false : state.agentTyping,
  }
}

function insert(entries: Entry[], entry: Entry): Entry[] {
  // A receipt comes twice: without its PIN, and once with it, for the open page only.
  if (entry.receipt?.pin) entries = entries.filter((known) => known.seq !== entry.seq)
  if (entries.some((known) => known.seq === entry.seq)) return entries
  const after = entries.findIndex((known) => known.seq > entry.seq)
  return after < 0 ? [...entries, entry] : [...entries.slice(0, after), entry, ...entries.slice(after)]
}
