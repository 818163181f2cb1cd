import type { PageFrame, ServerFrame } from './protocol'

const silenceMs = 25_000
const firstWaitMs = 300
const longestWaitMs = 8000

export interface SocketPorts {
  page: string
  /** Opens the socket; what the server wants to hear first is said by whoever opens it. */
  open(): Promise<WebSocket>
  heard(frame: ServerFrame): void
  online(online: boolean): void
}

/** The line for words, not for sound: keeps itself open and says hello each time. A call goes on while it is down. */
export class SignalSocket {
  private socket: WebSocket | null = null
  private tries = 0
  private retry: ReturnType<typeof setTimeout> | undefined
  private silence: ReturnType<typeof setTimeout> | undefined
  private wanted = false

  constructor(private readonly ports: SocketPorts) {}

  start(): void {
    if (this.wanted) return
    this.wanted = true
    void this.connect()
  }

  stop(): void {
    this.wanted = false
    this.drop()
  }

  /** The network or the page came back: try at once. */
  wake(): void {
    if (!this.wanted || this.socket) return
    this.tries = 0
    clearTimeout(this.retry)
    void this.connect()
  }

  /** False when the line is down; what matters is said again after the next hello. */
  say(frame: PageFrame): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false
    this.socket.send(JSON.stringify({ ...frame, page: this.ports.page }))
    return true
  }

  private async connect(): Promise<void> {
    try {
      const socket = await this.ports.open()
      if (!this.wanted) return socket.close()
      this.attach(socket)
    } catch {
      this.later()
    }
  }

  private attach(socket: WebSocket): void {
    this.socket = socket
    this.listen(socket)
    socket.onmessage = (event) => {
      if (socket !== this.socket) return
      this.listen(socket)
      this.receive(socket, JSON.parse(String(event.data)) as ServerFrame)
    }
    socket.onclose = () => {
      if (socket === this.socket) this.lost()
    }
  }

  private receive(socket: WebSocket, frame: ServerFrame): void {
    if (frame.type === 'ping') {
      socket.send('{"type":"pong"}')
      return
    }
    this.ports.heard(frame)
    if (frame.type === 'welcome') {
      this.tries = 0
      this.ports.online(true)
    }
  }

  private listen(socket: WebSocket): void {
    clearTimeout(this.silence)
    this.silence = setTimeout(() => socket === this.socket && this.lost(), silenceMs)
  }

  private lost(): void {
    this.drop()
    this.later()
  }

  private drop(): void {
    clearTimeout(this.silence)
    clearTimeout(this.retry)
    const socket = this.socket
    this.socket = null
    socket?.close()
    this.ports.online(false)
  }

  private later(): void {
    if (!this.wanted) return
    const waitMs = Math.min(longestWaitMs, firstWaitMs * 2 ** this.tries) * (0.75 + Math.random() / 2)
    this.tries += 1
    this.retry = setTimeout(() => void this.connect(), waitMs)
  }
}
