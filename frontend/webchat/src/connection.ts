// Keeps one socket alive: ticket, hello, resume, silence watch, back-off without end. Knows nothing of the page.
import { backoffMs } from './backoff'
import type { ClientFrame, ServerFrame } from './protocol'

const SILENCE_MS = 25_000

export interface SocketLike {
  readyState: number
  send(text: string): void
  close(): void
  onopen: ((event: Event) => unknown) | null
  onmessage: ((event: MessageEvent) => unknown) | null
  onclose: ((event: CloseEvent) => unknown) | null
}

export interface ConnectionPorts {
  ticket(): Promise<string>
  open(): SocketLike
  afterSeq(): number
  language(): string
  onFrame(frame: ServerFrame): void
  onOnline(online: boolean): void
  /** The server no longer knows this visitor; trying again would not help. */
  isFinal(error: unknown): boolean
  onLost(error: unknown): void
  random?: () => number
}

const OPEN = 1

export class Connection {
  private socket: SocketLike | null = null
  private attempt = 0
  private retry: ReturnType<typeof setTimeout> | undefined
  private silence: ReturnType<typeof setTimeout> | undefined
  private wanted = false
  private connecting = false

  constructor(private readonly ports: ConnectionPorts) {}

  start(): void {
    this.wanted = true
    if (!this.socket && !this.connecting) void this.connect()
  }

  stop(): void {
    this.wanted = false
    clearTimeout(this.retry)
    this.drop()
  }

  /** The network or the page came back: try at once instead of waiting out the back-off. */
  wake(): void {
    if (!this.wanted || this.socket || this.connecting) return
    clearTimeout(this.retry)
    this.attempt = 0
    void this.connect()
  }

  /** False when there is no open socket: the caller keeps the frame. */
  send(frame: ClientFrame): boolean {
    if (this.socket?.readyState !== OPEN) return false
    this.socket.send(JSON.stringify(frame))
    return true
  }

  private async connect(): Promise<void> {
    this.connecting = true
    try {
      const ticket = await this.ports.ticket()
      if (this.wanted) this.attach(this.ports.open(), ticket)
    } catch (error) {
      if (this.ports.isFinal(error)) {
        this.wanted = false
        this.ports.onLost(error)
      } else this.later()
    } finally {
      this.connecting = false
    }
  }

  private attach(socket: SocketLike, ticket: string): void {
    this.socket = socket
    this.listen(socket)
    socket.onopen = () => {
      socket.send(JSON.stringify({ type: 'hello', ticket, after_seq: this.ports.afterSeq(), language: this.ports.language() } satisfies ClientFrame))
    }
    socket.onmessage = (event) => {
      if (socket !== this.socket) return
      this.listen(socket)
      const frame = JSON.parse(String(event.data)) as ServerFrame
      if (frame.type === 'welcome') this.attempt = 0
      this.ports.onFrame(frame)
    }
    socket.onclose = () => {
      if (socket !== this.socket) return
      this.drop()
      this.later()
    }
  }

  private listen(socket: SocketLike): void {
    clearTimeout(this.silence)
    this.silence = setTimeout(() => {
      if (socket !== this.socket) return
      this.drop()
      this.later()
    }, SILENCE_MS)
  }

  private drop(): void {
    clearTimeout(this.silence)
    const socket = this.socket
    this.socket = null
    socket?.close()
    this.ports.onOnline(false)
  }

  private later(): void {
    if (!this.wanted) return
    clearTimeout(this.retry)
    this.retry = setTimeout(() => void this.connect(), backoffMs(this.attempt, this.ports.random))
    this.attempt += 1
  }
}
