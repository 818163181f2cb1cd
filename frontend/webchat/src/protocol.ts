// The frames between widget and server, and the few HTTP answers around them. Times are ISO 8601 in UTC.
export const TOPICS = ['inquiry', 'complaint', 'suggestion', 'report', 'application'] as const
export type Topic = (typeof TOPICS)[number]
export type Status = 'new' | 'waiting' | 'offered' | 'active' | 'closed' | 'offline'

export interface Attachment {
  id: string
  filename: string
  size_bytes: number
  media_type: string
}

export interface Receipt {
  number: string
  pin?: string | null
  due?: string | null
}

export interface MessageFrame {
  type: 'message'
  seq: number
  author: 'visitor' | 'agent' | 'system'
  text: string
  sent_at: string
  attachments: Attachment[]
  staff_number?: string | null
  client_msg_id?: string | null
  receipt?: Receipt | null
  /** The system asks for a rating of what has ended. */
  rate?: boolean
}

export interface StatusFrame {
  type: 'status'
  status: Status
  position?: number | null
  wait_low_s?: number | null
  wait_high_s?: number | null
  staff_number?: string | null
  /** For one who waits: place and time in the workspace's words. */
  text?: string
}

export type ServerFrame =
  | { type: 'welcome'; session_id: string; last_seq: number; status: Status; text?: string; read_by_agent: number }
  | { type: 'ack'; client_msg_id: string; seq: number; sent_at: string }
  /** To a query by number and PIN: nothing of either is kept. */
  | { type: 'answer'; client_msg_id: string; text: string }
  | MessageFrame
  | StatusFrame
  | { type: 'typing'; on: boolean }
  | { type: 'read'; seq: number }
  | { type: 'idle'; closes_in_s: number }
  | { type: 'error'; code: string; title: string; client_msg_id?: string | null }
  | { type: 'ping' }

export type ClientFrame =
  | { type: 'hello'; ticket: string; after_seq: number; language: string }
  | { type: 'message'; client_msg_id: string; text: string; attachment_ids: string[] }
  | { type: 'typing'; on: boolean }
  | { type: 'read'; seq: number }
  | { type: 'end' }

export interface Availability {
  reachable: boolean
  reason: 'open' | 'closed' | 'busy'
  wait_low_s: number | null
  wait_high_s: number | null
}

export interface ServerState extends Availability {
  session: { session_id: string; status: Status } | null
  max_files: number
  max_file_bytes: number
  max_text_chars: number
}
