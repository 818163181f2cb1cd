/** What a page and the call engine say to each other; `page` names the page, so that an answer reaches no other one. */
export interface LegView {
  leg_id: string
  state: 'ringing' | 'up' | 'ended'
  direction: 'in' | 'out'
  caller: string
  dialled: string
  held: boolean
  muted: boolean
  started_at: string
  variables: Record<string, string>
}

export type EndCause = 'normal' | 'busy' | 'no_answer' | 'rejected' | 'unreachable' | 'congestion' | 'failed'

/** What a flow that is tried out tells its page. */
export type TrialFrame = { type: 'trial'; leg_id: string } & (
  | {
      what: 'node'
      flow: string
      node: string
      passed: { node: string; exit: string; keys: string } | null
      values: Record<string, string>
    }
  | { what: 'heard'; words: string[] }
  | { what: 'would'; act: string; detail: Record<string, unknown> }
  | { what: 'choose'; act: string; detail: Record<string, unknown>; options: Record<string, string> }
  | { what: 'over'; why: string }
)

export type ServerFrame =
  | { type: 'welcome'; ice_servers: RTCIceServer[] }
  | { type: 'ping' }
  | { type: 'legs'; page: string; legs: LegView[] }
  | ({ type: 'answer'; page: string; sdp: string } & LegView)
  | ({ type: 'ring' | 'state' | 'rejoin' } & LegView)
  | { type: 'moved'; page: string; leg_id: string }
  | { type: 'ended'; leg_id: string; cause: EndCause }
  | { type: 'error'; page: string; leg_id: string; code: string }
  | TrialFrame

export type PageFrame =
  | { type: 'hello' }
  | { type: 'call'; offer: string; language: string }
  | { type: 'join'; leg_id: string; offer: string }
  | { type: 'candidate'; leg_id: string; candidate: string; mid: string | null }
  | { type: 'digit'; leg_id: string; value: string }
  | { type: 'mute'; leg_id: string; muted: boolean }
  | { type: 'hang_up'; leg_id: string }
