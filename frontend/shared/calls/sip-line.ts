import { UA, WebSocketInterface } from 'jssip'
import type { EndEvent, IceCandidateEvent, PeerConnectionEvent, RTCSession } from 'jssip/lib/RTCSession'
import type { RTCSessionEvent } from 'jssip/lib/UA'
import type { Line, LinePorts, LineState } from './page-line'
import { quietLine } from './page-line'
import type { EndCause, LegView } from './protocol'

const patienceMs = 4000
const retryMs = 1000
const mostTries = 20
/** How long candidates are gathered: a STUN server that does not answer must not hold the call up. */
const gatherMs = 500
const registerS = 120

export interface SipAccount {
  url: string
  uri: string
  /** Of who registers. */
  password?: string
  /** Instead of a password: good for one call. */
  pass?: string
  /** What is dialled to call the house. */
  number?: string
  iceServers: RTCIceServer[]
}

export interface SipPorts extends Omit<LinePorts, 'open'> {
  /** Asked anew before each call of a citizen, and when a password is refused. Rejects with a `code` that says why. */
  account(): Promise<SipAccount>
  /** Whether calls can come in here. */
  registers: boolean
}

/** One page as a telephone on Asterisk: SIP over WebSocket. A page that was loaded anew dials itself back into its call. */
export class SipLine implements Line {
  state: LineState = quietLine
  private agent: UA | null = null
  private account: SipAccount | null = null
  private readonly ringing = new Map<string, RTCSession>()
  private active: RTCSession | null = null
  private stream: MediaStream | null = null
  private wanted = false
  private wasOnline = false
  private lostAt = 0
  private tries = 0
  private watch: ReturnType<typeof setTimeout> | undefined
  private retry: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly ports: SipPorts) {}

  start(): void {
    if (this.wanted) return
    this.wanted = true
    const leg = this.remembered()
    if (leg) {
      this.lostAt = Date.now()
      this.set({ leg, sound: 'lost' })
    }
    if (leg || this.ports.registers) void this.connect()
  }

  stop(): void {
    this.wanted = false
    this.close()
    this.letGo()
  }

  /** The network is back: a connection that waits for its next try is made anew. */
  wake(): void {
    if (!this.wanted || !this.agent || this.agent.isConnected() || this.active) return
    this.agent.stop()
    void this.connect()
  }

  async call(): Promise<void> {
    this.wanted = true
    this.tries = 0
    this.set({ ended: '', gapS: 0, sound: 'connecting' })
    await this.openMicrophone()
    await this.connect()
  }

  async join(leg: LegView): Promise<void> {
    const session = this.ringing.get(leg.leg_id)
    if (!session) return
    this.ringing.delete(leg.leg_id)
    this.active = session
    this.set({
      leg: { ...leg, state: 'up' },
      ringing: this.without(leg.leg_id),
      sound: 'connecting',
      ended: '',
      gapS: 0,
    })
    this.remember()
    try {
      const mediaStream = await this.openMicrophone()
      session.on('peerconnection', (event: PeerConnectionEvent) => this.follow(session, event.peerconnection))
      if (session.isEnded()) return
      session.answer({ mediaStream, pcConfig: this.connection() })
      this.wait()
    } catch (error) {
      if (!session.isEnded()) session.terminate({ status_code: 480 })
      throw error
    }
  }

  decline(leg: LegView): void {
    this.ringing.get(leg.leg_id)?.terminate({ status_code: 603 })
  }

  hangUp(): void {
    if (this.active) this.drop(this.active)
    this.end('normal')
  }

  press(value: string): void {
    this.active?.sendDTMF(value, { interToneGap: 100 })
  }

  mute(muted: boolean): void {
    const { leg } = this.state
    this.stream?.getAudioTracks().forEach((track) => (track.enabled = !muted))
    if (!leg) return
    this.set({ leg: { ...leg, muted } })
    this.remember()
  }

  async changeMicrophone(): Promise<void> {
    const connection = this.active?.connection
    if (!connection) return
    const before = this.stream
    this.stream = null
    const [track] = (await this.openMicrophone()).getAudioTracks()
    if (track) await connection.getSenders()[0]?.replaceTrack(track)
    before?.getTracks().forEach((one) => one.stop())
  }

  private async connect(): Promise<void> {
    clearTimeout(this.retry)
    try {
      this.account = await this.ports.account()
    } catch (error) {
      this.failed((error as { code?: string }).code ?? 'unavailable')
      return
    }
    if (!this.wanted) return
    if (this.agent?.isConnected()) this.dial()
    else this.open(this.account)
  }

  /** Without the platform no call begins; one that goes on is waited for. */
  private failed(why: string): void {
    this.tries += 1
    if (this.state.leg?.state === 'up' ? this.tries < mostTries : this.ports.registers) {
      this.retry = setTimeout(() => this.wanted && void this.connect(), retryMs)
    } else this.end(why)
  }

  private open(account: SipAccount): void {
    this.agent?.stop()
    const agent = new UA({
      sockets: [new WebSocketInterface(account.url)],
      uri: account.uri,
      password: account.password,
      register: this.ports.registers,
      register_expires: registerS,
      session_timers: false,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 8,
    })
    agent.on('connected', () => agent === this.agent && this.online(!this.ports.registers))
    agent.on('disconnected', () => agent === this.agent && this.offline())
    agent.on('registered', () => agent === this.agent && this.set({ online: true }))
    agent.on('unregistered', () => agent === this.agent && this.set({ online: false }))
    agent.on('registrationFailed', () => agent === this.agent && this.askPassword())
    agent.on('newRTCSession', (event: RTCSessionEvent) => this.ring(event))
    this.agent = agent
    agent.start()
  }

  private online(ready: boolean): void {
    if (ready) this.set({ online: true })
    // What the other side says of the call went to the connection of before.
    if (this.wasOnline && this.active && !this.ports.registers) void this.connect()
    else this.dial()
    this.wasOnline = true
  }

  private offline(): void {
    this.set({ online: false })
    if (!this.wasOnline && !this.ports.registers) this.failed('unavailable')
  }

  /** The password of yesterday, or Asterisk has been started and does not know us yet. */
  private askPassword(): void {
    clearTimeout(this.retry)
    this.retry = setTimeout(() => void this.registerAnew(), retryMs)
  }

  private async registerAnew(): Promise<void> {
    try {
      this.account = await this.ports.account()
      if (this.account.password) this.agent?.set('password', this.account.password)
      this.agent?.register()
    } catch {
      this.askPassword()
    }
  }

  /** Back into the call that goes on, or a new one where a citizen asked for it. */
  private dial(): void {
    const { leg } = this.state
    if (leg?.state === 'up') void this.back(leg)
    else if (this.stream && !this.active && !this.ports.registers) this.invite(this.stream)
  }

  private async back(leg: LegView): Promise<void> {
    this.lostAt ||= Date.now()
    this.set({ sound: 'lost' })
    try {
      const stream = await this.openMicrophone()
      // A citizen is known by the pass.
      const back = this.ports.registers ? `back-${leg.leg_id}` : 'back'
      if (this.state.leg?.leg_id === leg.leg_id) this.invite(stream, back)
    } catch {
      this.hangUp()
      this.set({ ended: 'microphone' })
    }
  }

  private invite(mediaStream: MediaStream, back = ''): void {
    const { agent, account } = this
    if (!agent || !account) return
    if (this.active?.isInProgress()) this.drop(this.active)
    const head = account.pass ? [`X-AXD-Pass: ${account.pass}`] : []
    const started = (event: PeerConnectionEvent): void =>
      void setTimeout(() => this.follow(session, event.peerconnection))
    const session: RTCSession = agent.call(back || (account.number ?? ''), {
      mediaStream,
      pcConfig: this.connection(),
      extraHeaders: head,
      eventHandlers: { peerconnection: started },
    })
    this.active = session
    if (!back) this.set({ leg: legOf(session.id, { state: 'ringing', direction: 'in' }) })
    session.on('accepted', () => this.up(session))
    this.listen(session, back)
    this.wait()
  }

  private up(session: RTCSession): void {
    const { leg } = this.state
    if (session !== this.active || !leg) return
    this.tries = 0
    this.set({ leg: { ...leg, state: 'up' } })
    this.remember()
  }

  private ring({ session, request, originator }: RTCSessionEvent): void {
    if (String(originator) !== 'remote') return
    const head = (name: string): string => String(request.getHeader(`X-AXD-${name}`) ?? '')
    const caller = session.remote_identity.uri.user ?? ''
    const variables = { contact_id: head('Contact'), why: head('Why') }
    const leg = legOf(head('Leg') || session.id, { state: 'ringing', direction: 'out', caller, variables })
    this.ringing.set(leg.leg_id, session)
    this.listen(session)
    this.set({ ringing: [...this.without(leg.leg_id), leg] })
    if (this.state.leg || !this.ports.autoAnswer?.(leg)) return
    this.join(leg).catch(() => this.end('microphone'))
  }

  private listen(session: RTCSession, back = ''): void {
    let gathering: ReturnType<typeof setTimeout> | undefined
    session.on('icecandidate', ({ ready }: IceCandidateEvent) => (gathering ??= setTimeout(ready, gatherMs)))
    session.on('ended', (event: EndEvent) => this.over(session, event, ''))
    session.on('failed', (event: EndEvent) => this.over(session, event, back))
  }

  private over(session: RTCSession, event: EndEvent, back: string): void {
    for (const [id, one] of this.ringing) {
      if (one !== session) continue
      this.ringing.delete(id)
      this.set({ ringing: this.without(id) })
    }
    if (session !== this.active) return
    const status = (event.message as { status_code?: number } | null)?.status_code ?? 0
    this.active = null
    if (back && status !== 404) this.failed('failed')
    else this.end(causeOf(event.cause, status))
  }

  private follow(session: RTCSession, connection: RTCPeerConnection): void {
    connection.ontrack = (event) => this.ports.play(event.streams[0] ?? new MediaStream([event.track]))
    const look = (): void => {
      if (session !== this.active) return
      const state = connection.connectionState
      if (state === 'connected') this.soundIsBack()
      else if (state === 'disconnected' || state === 'failed') {
        this.lostAt ||= Date.now()
        this.set({ sound: 'lost' })
        this.wait()
      }
    }
    connection.onconnectionstatechange = look
    look()
  }

  private soundIsBack(): void {
    clearTimeout(this.watch)
    const gapS = this.lostAt ? Math.max(1, Math.round((Date.now() - this.lostAt) / 1000)) : 0
    this.lostAt = 0
    this.set({ sound: 'on', gapS })
  }

  /** If there is still no sound after a while, the page dials itself back into its call. */
  private wait(): void {
    clearTimeout(this.watch)
    this.watch = setTimeout(() => this.state.leg?.state === 'up' && void this.connect(), patienceMs)
  }

  private async openMicrophone(): Promise<MediaStream> {
    this.stream = this.stream?.active ? this.stream : await this.ports.microphone()
    this.stream.getAudioTracks().forEach((track) => (track.enabled = !this.state.leg?.muted))
    return this.stream
  }

  private connection(): RTCConfiguration {
    return { iceServers: this.account?.iceServers ?? [], bundlePolicy: 'max-bundle' }
  }

  private end(why: EndCause | string): void {
    this.letGo()
    if (!this.ports.registers) this.close()
    this.ports.remembered.removeItem(this.ports.key)
    this.set({ leg: null, sound: 'none', ended: why })
  }

  private letGo(): void {
    clearTimeout(this.watch)
    this.active = null
    this.lostAt = 0
    this.stream?.getTracks().forEach((track) => track.stop())
    this.stream = null
    this.ports.play(null)
  }

  private drop(session: RTCSession): void {
    this.active = null
    if (!session.isEnded()) session.terminate()
  }

  private close(): void {
    clearTimeout(this.retry)
    const { agent } = this
    this.agent = null
    this.wasOnline = false
    agent?.stop()
  }

  private remembered(): LegView | null {
    try {
      const kept = JSON.parse(this.ports.remembered.getItem(this.ports.key) ?? 'null') as LegView | null
      return kept?.leg_id ? kept : null
    } catch {
      return null // another engine's call
    }
  }

  private remember(): void {
    this.ports.remembered.setItem(this.ports.key, JSON.stringify(this.state.leg))
  }

  private without(id: string): LegView[] {
    return this.state.ringing.filter((one) => one.leg_id !== id)
  }

  private set(change: Partial<LineState>): void {
    this.state = { ...this.state, ...change }
    this.ports.changed(this.state)
  }
}

function legOf(leg_id: string, more: Pick<LegView, 'state' | 'direction'> & Partial<LegView>): LegView {
  const started_at = new Date().toISOString()
  return { leg_id, caller: '', dialled: '', held: false, muted: false, started_at, variables: {}, ...more }
}

function causeOf(cause: string, status: number): EndCause {
  if (cause === 'Terminated') return 'normal'
  if (cause === 'Busy' || status === 503) return 'busy'
  if (cause === 'Canceled' || cause === 'No Answer') return 'no_answer'
  if (cause === 'Rejected') return 'rejected'
  return cause === 'Not Found' || cause === 'Unavailable' ? 'unreachable' : 'failed'
}
