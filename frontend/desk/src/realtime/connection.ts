import { backoffS } from './backoff'

export const silenceMs = 25_000
/** A line counts as up at its first frame or after this long: a server that opens and closes at once is not there. */
export const settleMs = 1000

export interface Line {
  send(text: string): void
  close(): void
}

/** What a line tells; after `close` was called it must tell nothing more. */
export interface LineEvents {
  opened(): void
  heard(text: string): void
  closed(code: number): void
}

export interface Timers {
  set(run: () => void, ms: number): number
  clear(id: number): void
}

export interface ConnectionEvents {
  /** A parsed frame; pings are answered here. */
  onFrame(frame: { type: string }): void
  onOpen(): void
  /** The line is down; the next attempt starts after `waitS` seconds. */
  onDown(attempt: number, waitS: number): void
  /** The server refused the session: trying again is of no use. */
  onRefused(): void
}

export interface ConnectionParts {
  dial(events: LineEvents): Line
  timers: Timers
  random?: () => number
}

const refusedCodes = new Set([4401, 4403])

/** One socket that keeps itself open: it drops a silent line and comes back with a growing, jittered wait, for ever. */
export class Connection {
  private line: Line | null = null
  private silence: number | null = null
  private retry: number | null = null
  private settle: number | null = null
  private attempt = 0
  private wanted = false
  private opened = false

  constructor(
    private readonly parts: ConnectionParts,
    private readonly events: ConnectionEvents,
  ) {}

  start(): void {
    this.wanted = true
    this.dial()
  }

  stop(): void {
    this.wanted = false
    this.clearTimers()
    this.letGo()
  }

  send(frame: object): boolean {
    if (!this.line || !this.opened) return false
    this.line.send(JSON.stringify(frame))
    return true
  }

  /** Tries now instead of waiting: the network came back, the page is looked at again, or the user asked. */
  retryNow(): void {
    if (!this.wanted || this.line) return
    this.dial()
  }

  /** Cuts the line and dials again at once, for a fresh start after a new snapshot. */
  restart(): void {
    this.clearTimers()
    this.letGo()
    if (this.wanted) this.dial()
  }

  private dial(): void {
    this.clearTimers()
    this.line = this.parts.dial({
      opened: () => this.opening(),
      heard: (text) => this.receive(text),
      closed: (code) => this.lost(code),
    })
    this.watchSilence()
  }

  private opening(): void {
    this.settle = this.parts.timers.set(() => this.up(), settleMs)
  }

  private up(): void {
    if (this.opened) return
    this.attempt = 0
    this.opened = true
    this.events.onOpen()
  }

  private receive(text: string): void {
    this.watchSilence()
    this.up()
    const frame = JSON.parse(text) as { type: string }
    if (frame.type === 'ping') this.send({ type: 'pong' })
    else this.events.onFrame(frame)
  }

  private watchSilence(): void {
    if (this.silence !== null) this.parts.timers.clear(this.silence)
    this.silence = this.parts.timers.set(() => {
      this.letGo()
      this.lost(0)
    }, silenceMs)
  }

  private lost(code: number): void {
    this.clearTimers()
    this.letGo()
    if (!this.wanted) return
    if (refusedCodes.has(code)) {
      this.wanted = false
      this.events.onRefused()
      return
    }
    const waitS = backoffS(this.attempt, this.parts.random)
    this.attempt += 1
    this.events.onDown(this.attempt, waitS)
    this.retry = this.parts.timers.set(() => this.dial(), waitS * 1000)
  }

  private letGo(): void {
    const line = this.line
    this.line = null
    this.opened = false
    line?.close()
  }

  private clearTimers(): void {
    for (const id of [this.silence, this.retry, this.settle]) if (id !== null) this.parts.timers.clear(id)
    this.silence = this.retry = this.settle = null
  }
}
