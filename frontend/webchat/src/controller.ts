// Ties the pure state to the server: one session, one connection, what is unsent, what has been read.
import { Refused, type Api } from './api'
import { Connection, type SocketLike } from './connection'
import type { Attachment, ServerFrame, ServerState, Topic } from './protocol'
import { initialState, reduce, unsent, type ChatEvent, type ChatState, type Pending } from './state'
import { loadPending, savePending, type Store } from './storage'

export interface ControllerPorts {
  api: Pick<Api, 'state' | 'start' | 'ticket' | 'socketAddress' | 'language'>
  store: Store
  openSocket(address: string): SocketLike
  changed(state: ChatState): void
  random?: () => number
}

/** 128 random bits; `crypto.randomUUID` is missing on pages served without TLS. */
export function randomKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

export class Controller {
  state: ChatState
  now: ServerState | null = null
  private topic: Topic = 'inquiry'
  private anonymous = false
  private hasSession = false
  private sessionId = ''
  private readSent = 0
  private readonly connection: Connection

  constructor(private readonly ports: ControllerPorts) {
    this.state = { ...initialState, pending: loadPending(ports.store) }
    this.connection = new Connection({
      ticket: () => this.ticket(),
      open: () => ports.openSocket(ports.api.socketAddress()),
      afterSeq: () => this.state.contiguousSeq,
      language: () => ports.api.language(),
      onFrame: (frame) => this.frame(frame),
      onOnline: (online) => this.apply({ type: 'connection', online }),
      isFinal: (error) => error instanceof Refused && error.status < 500 && ![401, 408, 429].includes(error.status),
      onLost: (error) => this.refuseAll(error instanceof Refused ? error.title : ''),
      random: ports.random,
    })
  }

  /** Asks what is going on; an open session is taken up again. */
  async refresh(): Promise<void> {
    this.now = await this.ports.api.state()
    const session = this.now.session
    // As long as nothing was said the session is asked for once more with the first message: the topic may be another.
    this.hasSession = session !== null && session.status !== 'new'
    this.sessionId = session?.session_id ?? ''
    if (session) this.apply({ type: 'status', status: session.status })
    if (this.hasSession || unsent(this.state).length) this.connection.start()
    this.ports.changed(this.state)
  }

  /** Whether a message written now waits for a person, or must be left with an address. */
  get mustLeaveMessage(): boolean {
    if (this.state.status === 'offline') return true
    return Boolean(this.now && !this.now.reachable && ['new', 'closed'].includes(this.state.status))
  }

  send(text: string, attachments: Attachment[], topic: Topic, anonymous: boolean): void {
    this.topic = topic
    this.anonymous = anonymous
    const message: Pending = { clientMsgId: randomKey(), text, attachments, refused: null }
    this.apply({ type: 'compose', message })
    if (this.state.status === 'closed') {
      // What ended goes on only if it may carry this topic: the server says in which conversation.
      this.hasSession = false
      this.connection.stop()
    }
    this.transmit(message)
    this.connection.start()
  }

  retry(message: Pending): void {
    this.discard(message)
    this.send(message.text, message.attachments, this.topic, this.anonymous)
  }

  discard(message: Pending): void {
    this.apply({ type: 'discard', clientMsgId: message.clientMsgId })
  }

  typing(on: boolean): void {
    if (this.state.status === 'active') this.connection.send({ type: 'typing', on })
  }

  /** The citizen has the conversation before them: tell the agent how far it was read. */
  markRead(): void {
    const seq = this.state.contiguousSeq
    if (seq > this.readSent && this.connection.send({ type: 'read', seq })) this.readSent = seq
  }

  end(): void {
    this.connection.send({ type: 'end' })
  }

  wake(): void {
    this.connection.wake()
  }

  stop(): void {
    this.connection.stop()
  }

  private async ticket(): Promise<string> {
    try {
      if (!this.hasSession) this.enter((await this.ports.api.start(this.topic, this.anonymous)).session_id)
      this.hasSession = true
      return await this.ports.api.ticket()
    } catch (error) {
      if (error instanceof Refused && error.status === 401) {
        this.hasSession = false
        this.apply({ type: 'restart' })
      }
      throw error
    }
  }

  private enter(sessionId: string): void {
    if (this.sessionId && this.sessionId !== sessionId) this.apply({ type: 'restart' })
    this.sessionId = sessionId
    this.readSent = 0
  }

  private frame(frame: ServerFrame): void {
    this.apply(frame)
    if (frame.type === 'welcome') for (const message of unsent(this.state)) this.transmit(message)
  }

  private transmit(message: Pending): void {
    this.connection.send({
      type: 'message',
      client_msg_id: message.clientMsgId,
      text: message.text,
      attachment_ids: message.attachments.map((file) => file.id),
    })
  }

  private refuseAll(title: string): void {
    for (const { clientMsgId } of unsent(this.state)) {
      this.apply({ type: 'error', code: 'refused', title, client_msg_id: clientMsgId })
    }
  }

  private apply(event: ChatEvent): void {
    const before = this.state.pending
    this.state = reduce(this.state, event)
    if (this.state.pending !== before) savePending(this.ports.store, this.state.pending)
    this.ports.changed(this.state)
  }
}
