import type { EndCause, LegView, PageFrame, ServerFrame } from './protocol'
import { SignalSocket } from './signal-socket'

/** How long an answer or lost sound is waited for before the page joins its call anew. */
const patienceMs = 4000
const helloAgainMs = 1500
const mostTries = 4

export type Sound = 'none' | 'connecting' | 'on' | 'lost'

export interface LineState {
  online: boolean
  /** The leg that this page carries or asks for. */
  leg: LegView | null
  sound: Sound
  /** Legs that ring at this party and are not answered. */
  ringing: LegView[]
  /** Why the last call of this page ended or failed; a cause, an error's code, or `elsewhere`. */
  ended: EndCause | string
  /** For how long the sound was away before it came back, once, in seconds. */
  gapS: number
}

export interface LinePorts {
  open(): Promise<WebSocket>
  /** Rejects when there is no microphone or the person says no. */
  microphone(): Promise<MediaStream>
  play(stream: MediaStream | null): void
  changed(state: LineState): void
  /** Survives a reload of this tab, and of this tab alone. */
  remembered: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
  key: string
  autoAnswer?(leg: LegView): boolean
  /** Every frame as it comes, for what is not about the call itself. */
  told?(frame: ServerFrame): void
}

export const quietLine: LineState = { online: false, leg: null, sound: 'none', ringing: [], ended: '', gapS: 0 }

/** One page as a telephone, whatever engine it speaks with: one call at a time, which goes on over a reload. */
export interface Line {
  readonly state: LineState
  start(): void
  stop(): void
  /** Try to reach the engine at once: the network or the page came back. */
  wake(): void
  /** Calls the hotline. Rejects when there is no microphone. */
  call(language: string): Promise<void>
  /** Answers a leg that rings. Rejects when there is no microphone. */
  join(leg: LegView): Promise<void>
  decline(leg: LegView): void
  hangUp(): void
  press(value: string): void
  /** Nothing leaves this page while it is muted. */
  mute(muted: boolean): void
  /** Another microphone, also in the middle of a call. */
  changeMicrophone(): Promise<void>
}

const randomId = (): string =>
  [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, '0')).join('')

/** One page as a telephone: one call at a time, which goes on over a reload, a lost network and a restarted server. */
export class PageLine implements Line {
  state: LineState = quietLine
  private readonly page = randomId()
  private readonly socket: SignalSocket
  private iceServers: RTCIceServer[] = []
  private connection: RTCPeerConnection | null = null
  private stream: MediaStream | null = null
  private candidates: RTCIceCandidate[] = []
  private asked: Extract<PageFrame, { type: 'call' | 'join' }> | null = null
  private watch: ReturnType<typeof setTimeout> | undefined
  private hello: ReturnType<typeof setTimeout> | undefined
  private lostAt = 0
  private tries = 0

  constructor(private readonly ports: LinePorts) {
    this.socket = new SignalSocket({
      page: this.page,
      open: () => ports.open(),
      heard: (frame) => this.heard(frame),
      // Whether the engine is there, too, is known by its first answer.
      online: (online) => online || this.set({ online }),
    })
  }

  start(): void {
    this.socket.start()
  }

  stop(): void {
    clearTimeout(this.hello)
    this.socket.stop()
    this.letGo()
  }

  wake(): void {
    this.socket.wake()
  }

  /** Calls the hotline. Rejects when there is no microphone. */
  async call(language: string): Promise<void> {
    this.set({ ended: '', gapS: 0 })
    this.tries = 0
    await this.offer((offer) => ({ type: 'call', offer, language }))
  }

  /** Answers a leg that rings, or takes up one that is up. Rejects when there is no microphone. */
  async join(leg: LegView): Promise<void> {
    this.set({ leg, ended: '', ringing: this.state.ringing.filter((one) => one.leg_id !== leg.leg_id) })
    this.ports.remembered.setItem(this.ports.key, leg.leg_id)
    await this.offer((offer) => ({ type: 'join', leg_id: leg.leg_id, offer }))
  }

  decline(leg: LegView): void {
    this.socket.say({ type: 'hang_up', leg_id: leg.leg_id })
    this.set({ ringing: this.state.ringing.filter((one) => one.leg_id !== leg.leg_id) })
  }

  hangUp(): void {
    const { leg } = this.state
    if (leg) this.socket.say({ type: 'hang_up', leg_id: leg.leg_id })
    this.end('normal')
  }

  press(value: string): void {
    const { leg } = this.state
    if (leg) this.socket.say({ type: 'digit', leg_id: leg.leg_id, value })
  }

  /** Nothing leaves this page while it is muted; the engine is told so that others can see it. */
  mute(muted: boolean): void {
    const { leg } = this.state
    this.stream?.getAudioTracks().forEach((track) => (track.enabled = !muted))
    if (!leg) return
    this.set({ leg: { ...leg, muted } })
    this.socket.say({ type: 'mute', leg_id: leg.leg_id, muted })
  }

  /** Another microphone, also in the middle of a call. */
  async changeMicrophone(): Promise<void> {
    if (!this.connection) return
    const before = this.stream
    this.stream = await this.ports.microphone()
    const [track] = this.stream.getAudioTracks()
    if (track) {
      track.enabled = !this.state.leg?.muted
      await this.connection.getSenders()[0]?.replaceTrack(track)
    }
    before?.getTracks().forEach((one) => one.stop())
  }

  private heard(frame: ServerFrame): void {
    this.ports.told?.(frame)
    const mine = !('page' in frame) || frame.page === this.page
    if (frame.type === 'welcome') {
      this.iceServers = frame.ice_servers
      this.sayHello()
    } else if (frame.type === 'legs' && mine) this.takeLegs(frame.legs)
    else if (frame.type === 'answer' && mine) void this.takeAnswer(frame, frame.sdp)
    else if (frame.type === 'ring') this.ring(frame)
    else if (frame.type === 'state') this.takeState(frame)
    else if (frame.type === 'rejoin') this.rejoin(frame)
    else if (frame.type === 'moved' && mine && frame.leg_id === this.state.leg?.leg_id) this.end('elsewhere')
    else if (frame.type === 'ended') this.takeEnd(frame.leg_id, frame.cause)
    else if (frame.type === 'error' && mine) this.takeError(frame.leg_id, frame.code)
  }

  /** Said until it is answered: the engine may be starting. */
  private sayHello(): void {
    clearTimeout(this.hello)
    this.socket.say({ type: 'hello' })
    this.hello = setTimeout(() => this.sayHello(), helloAgainMs)
  }

  private takeLegs(legs: LegView[]): void {
    clearTimeout(this.hello)
    this.set({ online: true })
    const own = this.state.leg?.leg_id || this.ports.remembered.getItem(this.ports.key)
    const ringing = legs.filter((leg) => leg.state === 'ringing' && leg.direction === 'out' && leg.leg_id !== own)
    this.set({ ringing: [] })
    ringing.forEach((leg) => this.ring(leg))
    const known = legs.find((leg) => leg.leg_id === own)
    if (known && this.state.sound !== 'on') this.rejoin(known)
    else if (!known && this.state.leg?.leg_id) this.end('failed')
    else if (!known) this.ports.remembered.removeItem(this.ports.key)
  }

  private ring(leg: LegView): void {
    if (!this.state.leg && this.ports.autoAnswer?.(leg)) {
      this.join(leg).catch(() => this.end('microphone'))
      return
    }
    this.set({ ringing: [...this.state.ringing.filter((one) => one.leg_id !== leg.leg_id), leg] })
  }

  private takeState(leg: LegView): void {
    if (leg.leg_id === this.state.leg?.leg_id) this.set({ leg: viewOf(leg) })
    this.set({ ringing: this.state.ringing.filter((one) => one.leg_id !== leg.leg_id || leg.state === 'ringing') })
  }

  private rejoin(leg: LegView): void {
    const own = this.state.leg?.leg_id || this.ports.remembered.getItem(this.ports.key)
    if (leg.leg_id !== own) return
    this.lostAt ||= Date.now()
    this.join(viewOf(leg)).catch(() => this.end('microphone'))
  }

  private takeEnd(legId: string, cause: EndCause): void {
    this.set({ ringing: this.state.ringing.filter((one) => one.leg_id !== legId) })
    if (legId === this.state.leg?.leg_id) this.end(cause)
  }

  private takeError(legId: string, code: string): void {
    // The engine may be starting: asked again after a while.
    if (code === 'unavailable' && this.asked) return
    const own = this.state.leg?.leg_id ?? ''
    if (this.asked && legId === own) this.end(code)
  }

  private async offer(frame: (offer: string) => Extract<PageFrame, { type: 'call' | 'join' }>): Promise<void> {
    this.closeConnection()
    this.set({ sound: this.lostAt ? 'lost' : 'connecting' })
    this.stream = this.stream?.active ? this.stream : await this.ports.microphone()
    const connection = new RTCPeerConnection({ iceServers: this.iceServers, bundlePolicy: 'max-bundle' })
    this.connection = connection
    for (const track of this.stream.getAudioTracks()) {
      track.enabled = !this.state.leg?.muted
      connection.addTrack(track, this.stream)
    }
    connection.ontrack = (event) => this.ports.play(event.streams[0] ?? new MediaStream([event.track]))
    connection.onicecandidate = (event) => event.candidate && this.candidate(connection, event.candidate)
    connection.onconnectionstatechange = () => this.follow(connection)
    await connection.setLocalDescription(await connection.createOffer())
    if (connection !== this.connection) return
    this.asked = frame(connection.localDescription?.sdp ?? '')
    this.socket.say(this.asked)
    this.wait(connection)
  }

  private candidate(connection: RTCPeerConnection, candidate: RTCIceCandidate): void {
    if (connection !== this.connection) return
    const legId = this.asked ? '' : this.state.leg?.leg_id
    if (!legId) this.candidates.push(candidate)
    else this.socket.say({ type: 'candidate', leg_id: legId, candidate: candidate.candidate, mid: candidate.sdpMid })
  }

  private async takeAnswer(leg: LegView, sdp: string): Promise<void> {
    const { connection } = this
    if (!connection || !this.asked) return
    this.asked = null
    this.ports.remembered.setItem(this.ports.key, leg.leg_id)
    this.set({ leg: viewOf(leg) })
    await connection.setRemoteDescription({ type: 'answer', sdp })
    const waiting = this.candidates
    this.candidates = []
    waiting.forEach((candidate) => this.candidate(connection, candidate))
  }

  private follow(connection: RTCPeerConnection): void {
    if (connection !== this.connection) return
    const state = connection.connectionState
    if (state === 'connected') this.soundIsBack()
    else if (state === 'failed') this.again()
    else if (state === 'disconnected') {
      this.lostAt ||= Date.now()
      this.set({ sound: 'lost' })
      this.wait(connection)
    }
  }

  private soundIsBack(): void {
    clearTimeout(this.watch)
    const gapS = this.lostAt ? Math.max(1, Math.round((Date.now() - this.lostAt) / 1000)) : 0
    this.lostAt = 0
    this.set({ sound: 'on', gapS })
  }

  /** If there is still no sound after a while, the page begins anew with the same call. */
  private wait(connection: RTCPeerConnection): void {
    clearTimeout(this.watch)
    this.watch = setTimeout(() => connection === this.connection && this.again(), patienceMs)
  }

  private again(): void {
    const { leg } = this.state
    if (leg) this.rejoin(leg)
    else if (this.asked?.type === 'call') this.callAgain(this.asked.language)
  }

  private callAgain(language: string): void {
    this.tries += 1
    if (this.tries >= mostTries) return this.end('unavailable')
    this.offer((offer) => ({ type: 'call', offer, language })).catch(() => this.end('microphone'))
  }

  private end(why: EndCause | string): void {
    this.letGo()
    this.ports.remembered.removeItem(this.ports.key)
    this.set({ leg: null, sound: 'none', ended: why })
  }

  private letGo(): void {
    this.closeConnection()
    this.lostAt = 0
    this.stream?.getTracks().forEach((track) => track.stop())
    this.stream = null
    this.ports.play(null)
  }

  private closeConnection(): void {
    clearTimeout(this.watch)
    this.asked = null
    this.candidates = []
    this.connection?.close()
    this.connection = null
  }

  private set(change: Partial<LineState>): void {
    this.state = { ...this.state, ...change }
    this.ports.changed(this.state)
  }
}

function viewOf(leg: LegView): LegView {
  const { leg_id, state, direction, caller, dialled, held, muted, started_at, variables } = leg
  return { leg_id, state, direction, caller, dialled, held, muted, started_at, variables }
}
