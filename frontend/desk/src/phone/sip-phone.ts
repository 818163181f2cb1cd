import type { RTCSession } from 'jssip/lib/RTCSession'
import type { UA } from 'jssip'
import { quietPhone, type Phone, type PhoneCall, type PhonePorts, type PhoneState } from './phone'

export interface SipAccount {
  url: string
  uri: string
  password: string
  iceServers: RTCIceServer[]
}

interface IncomingSession {
  session: RTCSession
  request: { getHeader(name: string): string | undefined }
  originator: 'local' | 'remote'
}

const heads = { contact: 'X-AXD-Contact', why: 'X-AXD-Why' }

/** A SIP telephone over WebSocket, for Asterisk. */
export class SipPhone implements Phone {
  private agent: UA | null = null
  private state: PhoneState = quietPhone
  private readonly sessions = new Map<string, RTCSession>()
  private active: RTCSession | null = null

  constructor(
    private readonly ports: PhonePorts,
    private readonly account: SipAccount,
  ) {}

  start(): void {
    void this.register()
  }

  stop(): void {
    this.agent?.stop()
    this.agent = null
  }

  wake(): void {
    if (this.agent && !this.agent.isConnected()) this.agent.start()
  }

  async answer(call: PhoneCall): Promise<void> {
    const session = this.sessions.get(call.id)
    if (!session) return
    const mediaStream = await this.ports.microphone()
    const { iceServers } = this.account
    this.active = session
    this.set({ call: { ...call, state: 'up' }, ringing: this.without(call.id), sound: 'connecting', ended: '' })
    session.answer({ mediaStream, pcConfig: { iceServers } })
    this.hear(session)
  }

  decline(call: PhoneCall): void {
    this.sessions.get(call.id)?.terminate({ status_code: 486 })
  }

  hangUp(): void {
    this.active?.terminate()
  }

  mute(muted: boolean): void {
    if (!this.active || !this.state.call) return
    if (muted) this.active.mute({ audio: true })
    else this.active.unmute({ audio: true })
    this.set({ call: { ...this.state.call, muted } })
  }

  press(digit: string): void {
    this.active?.sendDTMF(digit)
  }

  async changeMicrophone(): Promise<void> {
    const [track] = (await this.ports.microphone()).getAudioTracks()
    const sender = this.active?.connection?.getSenders().find((one) => one.track?.kind === 'audio')
    if (track && sender) await sender.replaceTrack(track)
  }

  private async register(): Promise<void> {
    const { UA, WebSocketInterface } = await import('jssip')
    const agent = new UA({
      sockets: [new WebSocketInterface(this.account.url)],
      uri: this.account.uri,
      password: this.account.password,
      register: true,
      session_timers: false,
    })
    agent.on('registered', () => this.set({ online: true }))
    agent.on('unregistered', () => this.set({ online: false }))
    agent.on('disconnected', () => this.set({ online: false }))
    agent.on('newRTCSession', (event: unknown) => this.take(event as IncomingSession))
    agent.start()
    this.agent = agent
  }

  private take({ session, request, originator }: IncomingSession): void {
    if (originator !== 'remote') return
    const call: PhoneCall = {
      id: session.id,
      contactId: request.getHeader(heads.contact) ?? '',
      caller: session.remote_identity.uri.user ?? '',
      why: request.getHeader(heads.why) ?? '',
      state: 'ringing',
      muted: false,
      startedAt: Date.now(),
    }
    this.sessions.set(call.id, session)
    session.on('confirmed', () => this.set({ sound: 'on' }))
    session.on('ended', (event: { cause: string }) => this.over(call.id, event.cause))
    session.on('failed', (event: { cause: string }) => this.over(call.id, event.cause))
    this.set({ ringing: [...this.state.ringing, call] })
    if (this.ports.isExpected(call) && !this.active) {
      this.answer(call).catch(() => this.set({ ended: 'microphone' }))
    }
  }

  private hear(session: RTCSession): void {
    const listen = (connection: RTCPeerConnection): void => {
      connection.ontrack = (event) => this.ports.play(event.streams[0] ?? new MediaStream([event.track]))
    }
    if (session.connection) listen(session.connection)
    else session.on('peerconnection', (event: { peerconnection: RTCPeerConnection }) => listen(event.peerconnection))
  }

  private over(id: string, cause: string): void {
    this.sessions.delete(id)
    this.set({ ringing: this.without(id) })
    if (this.state.call?.id !== id) return
    this.active = null
    this.ports.play(null)
    this.set({ call: null, sound: 'none', ended: cause === 'Terminated' ? 'normal' : 'failed' })
  }

  private without(id: string): PhoneCall[] {
    return this.state.ringing.filter((one) => one.id !== id)
  }

  private set(change: Partial<PhoneState>): void {
    this.state = { ...this.state, ...change }
    this.ports.changed(this.state)
  }
}
