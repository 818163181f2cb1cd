// The controller against a server in memory: cuts, repeats and forgotten sessions lose and double nothing.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Refused } from '../src/api'
import type { SocketLike } from '../src/connection'
import { Controller } from '../src/controller'
import type { ClientFrame, ServerFrame, ServerState } from '../src/protocol'
import { memoryStore, type Store } from '../src/storage'

class FakeSocket implements SocketLike {
  readyState = 0
  onopen: ((event: Event) => unknown) | null = null
  onmessage: ((event: MessageEvent) => unknown) | null = null
  onclose: ((event: CloseEvent) => unknown) | null = null

  constructor(private readonly server: FakeServer) {}

  send(text: string): void {
    this.server.received(this, JSON.parse(text) as ClientFrame)
  }

  close(): void {
    this.cut()
  }

  open(): void {
    this.readyState = 1
    this.onopen?.(new Event('open'))
  }

  tell(frame: ServerFrame): void {
    this.onmessage?.({ data: JSON.stringify(frame) } as MessageEvent)
  }

  cut(): void {
    if (this.readyState === 3) return
    this.readyState = 3
    this.onclose?.({} as CloseEvent)
  }
}

/** Stores by client id, answers with numbers, and can be told to fall silent before the answer. */
class FakeServer {
  stored: string[] = []
  sockets: FakeSocket[] = []
  sessions = 0
  reads: number[] = []
  known = true
  cutBeforeAck = 0
  refusal: number | null = null

  api = {
    state: (): Promise<ServerState> => Promise.resolve({
      reachable: true, reason: 'open', wait_low_s: 0, wait_high_s: 10, session: null, max_files: 5, max_file_bytes: 1, max_text_chars: 4000,
    }),
    start: (): Promise<{ session_id: string }> => {
      this.sessions += 1
      this.known = true
      return Promise.resolve({ session_id: 's' })
    },
    ticket: (): Promise<string> => {
      if (this.refusal) return Promise.reject(new Refused(this.refusal, 'no'))
      return this.known ? Promise.resolve('t') : Promise.reject(new Refused(401, 'unknown'))
    },
    socketAddress: () => 'ws://server/chat/api/socket',
    language: () => 'zh-CN',
  }

  openSocket(): FakeSocket {
    const socket = new FakeSocket(this)
    this.sockets.push(socket)
    queueMicrotask(() => socket.open())
    return socket
  }

  get live(): FakeSocket {
    return this.sockets.at(-1)!
  }

  received(socket: FakeSocket, frame: ClientFrame): void {
    if (frame.type === 'hello') {
      socket.tell({ type: 'welcome', session_id: 's', last_seq: 0, status: 'waiting', read_by_agent: 0 })
      this.stored.slice(frame.after_seq).forEach((id, index) => {
        socket.tell({ type: 'message', seq: frame.after_seq + index + 1, author: 'visitor', text: id, sent_at: '2026-11-24T02:00:00Z', attachments: [], client_msg_id: id })
      })
    } else if (frame.type === 'read') {
      this.reads.push(frame.seq)
    } else if (frame.type === 'message') {
      if (!this.stored.includes(frame.client_msg_id)) this.stored.push(frame.client_msg_id)
      if (this.cutBeforeAck > 0) {
        this.cutBeforeAck -= 1
        socket.cut()
      } else socket.tell({ type: 'ack', client_msg_id: frame.client_msg_id, seq: this.stored.indexOf(frame.client_msg_id) + 1, sent_at: '2026-11-24T02:00:00Z' })
    }
  }
}

let server: FakeServer
let store: Store
const make = (): Controller => new Controller({ api: server.api, store, openSocket: () => server.openSocket(), changed: () => undefined, random: () => 0 })
const settle = async (): Promise<void> => { await vi.advanceTimersByTimeAsync(20_000) }

beforeEach(() => {
  vi.useFakeTimers()
  server = new FakeServer()
  store = memoryStore()
})
afterEach(() => vi.useRealTimers())

describe('sending', () => {
  it('begins a session with the first message and shows it once acknowledged', async () => {
    const controller = make()
    controller.send('你好', [], 'inquiry', false)
    expect(controller.state.pending).toHaveLength(1)
    await settle()
    expect(server.sessions).toBe(1)
    expect(controller.state.pending).toEqual([])
    expect(controller.state.entries.map((entry) => entry.text)).toEqual(['你好'])
  })

  it('asks for the session again while nothing was said, so that a report is never sent as something else', async () => {
    const topics: string[] = []
    const now = await server.api.state()
    server.api.state = () => Promise.resolve({ ...now, session: { session_id: 's', status: 'new' } })
    server.api.start = (...asked: unknown[]) => {
      topics.push(String(asked[0]))
      return Promise.resolve({ session_id: 's' })
    }
    const controller = make()
    await controller.refresh()
    await settle()
    controller.send('李科长收受礼品', [], 'report', true)
    await settle()
    expect(topics).toEqual(['report'])
    expect(server.stored).toHaveLength(1)
  })

  it('repeats what was cut before its acknowledgement, and the server stores it once', async () => {
    const controller = make()
    server.cutBeforeAck = 3
    controller.send('一', [], 'inquiry', false)
    await settle()
    controller.send('二', [], 'inquiry', false)
    await settle()
    expect(server.stored).toHaveLength(2)
    expect(controller.state.entries).toHaveLength(2)
    expect(controller.state.pending).toEqual([])
  })

  it('sends after a reload what was written without a connection', async () => {
    server.refusal = 503
    const before = make()
    before.send('断网时写的', [], 'inquiry', false)
    await settle()
    expect(before.state.pending).toHaveLength(1)
    before.stop()

    server.refusal = null
    const after = make()
    await after.refresh()
    await settle()
    expect(after.state.entries.map((entry) => entry.text)).toEqual(['断网时写的'])
    expect(server.stored).toHaveLength(1)
    expect(after.state.pending).toEqual([])
  })

  it('begins another session when the server has forgotten this one', async () => {
    const controller = make()
    controller.send('一', [], 'inquiry', false)
    await settle()
    server.known = false
    server.stored = []
    server.live.cut()
    controller.send('二', [], 'inquiry', false)
    await settle()
    expect(server.sessions).toBe(2)
    expect(server.stored).toHaveLength(1)
    expect(controller.state.pending).toEqual([])
  })

  it('begins another conversation when the one that ended may not carry what comes next', async () => {
    const controller = make()
    controller.send('问', [], 'inquiry', false)
    await settle()
    server.live.tell({ type: 'status', status: 'closed' })
    server.api.start = () => Promise.resolve({ session_id: 'another' })
    server.stored = []
    controller.send('举报', [], 'report', true)
    await settle()
    expect(controller.state.entries.map((entry) => entry.text)).toEqual(['举报'])
  })

  it('goes on in the same conversation when it may', async () => {
    const controller = make()
    controller.send('问', [], 'inquiry', false)
    await settle()
    server.live.tell({ type: 'status', status: 'closed' })
    controller.send('再问', [], 'inquiry', false)
    await settle()
    expect(controller.state.entries.map((entry) => entry.text)).toEqual(['问', '再问'])
  })

  it('does not go on asking when it is refused for good', async () => {
    server.refusal = 403
    const controller = make()
    controller.send('一', [], 'inquiry', false)
    await settle()
    expect(controller.state.pending[0]?.refused).toBe('no')
    expect(server.sockets).toEqual([])
  })
})

describe('the connection', () => {
  it('comes back after 25 s of silence', async () => {
    const controller = make()
    controller.send('一', [], 'inquiry', false)
    await settle()
    expect(server.sockets).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(26_000)
    expect(server.sockets).toHaveLength(2)
    expect(controller.state.online).toBe(true)
  })

  it('stays while the server pings', async () => {
    const controller = make()
    controller.send('一', [], 'inquiry', false)
    await settle()
    for (let beat = 0; beat < 10; beat += 1) {
      server.live.tell({ type: 'ping' })
      await vi.advanceTimersByTimeAsync(8000)
    }
    expect(server.sockets).toHaveLength(1)
  })

  it('tells how far was read, once', async () => {
    const controller = make()
    controller.send('一', [], 'inquiry', false)
    await settle()
    server.live.tell({ type: 'message', seq: 2, author: 'agent', text: '您好', sent_at: '2026-11-24T02:00:00Z', attachments: [] })
    controller.markRead()
    controller.markRead()
    expect(server.reads).toEqual([2])
  })
})

it('a message is left with an address when nobody can answer and no chat is running', async () => {
  server.api.state = () => Promise.resolve({
    reachable: false, reason: 'busy', wait_low_s: null, wait_high_s: null, session: null, max_files: 5, max_file_bytes: 1, max_text_chars: 4000,
  })
  const controller = make()
  await controller.refresh()
  expect(controller.mustLeaveMessage).toBe(true)
})
