/** A telephone in the page, whatever carries the calls; a driver for each engine. */
export interface PhoneCall {
  id: string
  contactId: string
  caller: string
  /** offer, accepted, consult, callback: what it rings for. */
  why: string
  /** It rings here, or this page speaks. */
  state: 'ringing' | 'up'
  muted: boolean
  startedAt: number
}

export type PhoneSound = 'none' | 'connecting' | 'on' | 'lost'

export interface PhoneState {
  online: boolean
  call: PhoneCall | null
  ringing: PhoneCall[]
  sound: PhoneSound
  /** Why the last call ended: a cause, or `microphone` when there is none. */
  ended: string
  /** For how many seconds the sound was away before it came back. */
  gapS: number
}

export const quietPhone: PhoneState = { online: false, call: null, ringing: [], sound: 'none', ended: '', gapS: 0 }

export interface PhonePorts {
  microphone(): Promise<MediaStream>
  play(stream: MediaStream | null): void
  changed(state: PhoneState): void
  /** Whether a call that rings is answered without asking: the agent has accepted it already. */
  isExpected(call: PhoneCall): boolean
}

export interface Phone {
  start(): void
  stop(): void
  /** Try to reach the engine at once: the network or the page came back. */
  wake(): void
  answer(call: PhoneCall): Promise<void>
  decline(call: PhoneCall): void
  hangUp(): void
  mute(muted: boolean): void
  press(digit: string): void
  changeMicrophone(): Promise<void>
}
