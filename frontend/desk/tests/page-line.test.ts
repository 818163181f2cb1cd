import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PageLine, type LineState } from '@axd/shared/calls/page-line'
import type { LegView } from '@axd/shared/calls/protocol'

const leg = (id: string, more: Partial<LegView> = {}): LegView => ({
  leg_id: id,
  state: 'ringing',
  direction: 'out',
  caller: '',
  dialled: '',
  held: false,
  muted: false,
  started_at: '2026-11-24T10:00:00Z',
  variables: {},
  ...more,
})

/** The engine's end of the line. */
class Engine {
  said: Record<string, unknown>[] = []
  readyState = 1
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: (() => void) | null = null
  send(text: string): void {
    this.said.push(JSON.parse(text) as Record<string, unknown>)
  }
  close(): void {
    this.readyState = 3
  }
  tell(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) })
  }
  get page(): unknown {
    return this.said[0]!.page
  }
  heard(type: string): Record<string, unknown>[] {
    return this.said.filter((frame) => frame.type === type)
  }
}

class Track {
  enabled = true
  stop = vi.fn()
}

class Connection {
  static all: Connection[] = []
  connectionState = 'new'
  localDescription = { sdp: 'offer' }
  onconnectionstatechange: () => void = () => undefined
  closed = false
  constructor() {
    Connection.all.push(this)
  }
  addTrack(): void {}
  createOffer = () => Promise.resolve({})
  setLocalDescription = () => Promise.resolve()
  setRemoteDescription = vi.fn(() => Promise.resolve())
  close(): void {
    this.closed = true
  }
  become(state: string): void {
    this.connectionState = state
    this.onconnectionstatechange()
  }
}

const settled = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0)

describe('a page as a telephone', () => {
  let engine: Engine
  let line: PageLine
  let state: LineState
  let track: Track
  let expected: string
  const kept = new Map<string, string>()

  function open(): void {
    engine = new Engine()
    line = new PageLine({
      open: () => Promise.resolve(engine as unknown as WebSocket),
      microphone: () =>
        Promise.resolve({
          active: true,
          getAudioTracks: () => [track],
          getTracks: () => [track],
        } as unknown as MediaStream),
      play: () => undefined,
      changed: (now) => (state = now),
      remembered: {
        getItem: (key) => kept.get(key) ?? null,
        setItem: (key, value) => void kept.set(key, value),
        removeItem: (key) => void kept.delete(key),
      },
      key: 'call',
      autoAnswer: (one) => one.variables.contact_id === expected,
    })
    line.start()
  }

  async function welcomed(legs: LegView[] = []): Promise<void> {
    await settled()
    engine.tell({ type: 'welcome', ice_servers: [] })
    engine.tell({ type: 'legs', page: engine.page, legs })
    await settled()
  }

  async function talking(): Promise<void> {
    engine.tell({ type: 'ring', ...leg('l1') })
    void line.join(state.ringing[0]!)
    await settled()
    engine.tell({ type: 'answer', page: engine.page, sdp: 'answer', ...leg('l1', { state: 'up' }) })
    await settled()
    Connection.all.at(-1)!.become('connected')
  }

  beforeEach(() => {
    vi.useFakeTimers()
    vi.stubGlobal('RTCPeerConnection', Connection)
    vi.stubGlobal('WebSocket', { OPEN: 1 })
    Connection.all = []
    kept.clear()
    expected = ''
    track = new Track()
    open()
  })
  afterEach(() => {
    line.stop()
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  it('is online once the engine has answered, and asks until it does', async () => {
    await settled()
    engine.tell({ type: 'welcome', ice_servers: [] })
    await vi.advanceTimersByTimeAsync(3500)
    expect(engine.heard('hello').length).toBeGreaterThan(2)
    expect(line.state.online).toBe(false)
    engine.tell({ type: 'legs', page: engine.page, legs: [] })
    expect(state.online).toBe(true)
  })

  it('answers a call that was accepted already without another key', async () => {
    await welcomed()
    expected = 'c1'
    engine.tell({ type: 'ring', ...leg('other') })
    engine.tell({ type: 'ring', ...leg('l1', { variables: { contact_id: 'c1' } }) })
    await settled()
    expect(engine.heard('join').map((frame) => frame.leg_id)).toEqual(['l1'])
    expect(state.ringing.map((one) => one.leg_id)).toEqual(['other'])
  })

  it('takes its call up again after a reload, and no call of another tab', async () => {
    await welcomed()
    await talking()
    line.stop()
    open()
    await welcomed([leg('theirs', { state: 'up' }), leg('l1', { state: 'up' })])
    expect(engine.heard('join').map((frame) => frame.leg_id)).toEqual(['l1'])
  })

  it('joins anew when the engine was started again, and tells how long the sound was away', async () => {
    await welcomed()
    await talking()
    engine.tell({ type: 'rejoin', ...leg('l1', { state: 'up' }) })
    await vi.advanceTimersByTimeAsync(2000)
    expect(state.sound).toBe('lost')
    engine.tell({ type: 'answer', page: engine.page, sdp: 'answer', ...leg('l1', { state: 'up' }) })
    await settled()
    Connection.all.at(-1)!.become('connected')
    expect(Connection.all[0]!.closed).toBe(true)
    expect([state.sound, state.gapS]).toEqual(['on', 2])
  })

  it('joins anew when the network does not come back by itself', async () => {
    await welcomed()
    await talking()
    Connection.all[0]!.become('disconnected')
    await vi.advanceTimersByTimeAsync(4500)
    expect(engine.heard('join')).toHaveLength(2)
  })

  it('lets nothing out while muted, also on a new connection', async () => {
    await welcomed()
    await talking()
    line.mute(true)
    expect(track.enabled).toBe(false)
    track.enabled = true
    engine.tell({ type: 'rejoin', ...leg('l1', { state: 'up', muted: true }) })
    await settled()
    expect(track.enabled).toBe(false)
  })

  it('gives way to another page that took the call over, and does not take it back', async () => {
    await welcomed()
    await talking()
    engine.tell({ type: 'moved', page: engine.page, leg_id: 'l1' })
    await vi.advanceTimersByTimeAsync(10_000)
    expect([state.leg, state.ended]).toEqual([null, 'elsewhere'])
    expect(engine.heard('join')).toHaveLength(1)
    expect(track.stop).toHaveBeenCalled()
  })

  it('calls again while nobody carries calls, and says so in the end', async () => {
    await welcomed()
    void line.call('zh-CN')
    await settled()
    engine.tell({ type: 'error', page: engine.page, leg_id: '', code: 'unavailable' })
    await vi.advanceTimersByTimeAsync(20_000)
    expect(engine.heard('call')).toHaveLength(4)
    expect(state.ended).toBe('unavailable')
  })

  it('ends with the word of the engine', async () => {
    await welcomed()
    await talking()
    engine.tell({ type: 'ended', leg_id: 'l1', cause: 'normal' })
    expect([state.leg, state.ended, state.sound]).toEqual([null, 'normal', 'none'])
    expect(kept.size).toBe(0)
  })
})
