import { beforeEach, describe, expect, it } from 'vitest'
import { Connection, settleMs, silenceMs, type Line, type LineEvents } from '../src/realtime/connection'
import { ManualTimers } from './support/timers'

class FakeLine implements Line {
  sent: string[] = []
  closed = false
  constructor(readonly tells: LineEvents) {}
  send(text: string): void {
    this.sent.push(text)
  }
  close(): void {
    this.closed = true
  }
}

describe('connection', () => {
  let timers: ManualTimers
  let lines: FakeLine[]
  let log: string[]
  let connection: Connection

  beforeEach(() => {
    timers = new ManualTimers()
    lines = []
    log = []
    connection = new Connection(
      { dial: (tells) => (lines.push(new FakeLine(tells)), lines.at(-1)!), timers, random: () => 0 },
      {
        onFrame: (frame) => log.push(frame.type),
        onOpen: () => log.push('open'),
        onDown: (attempt) => log.push(`down ${attempt}`),
        onRefused: () => log.push('refused'),
      },
    )
    connection.start()
    expect(connection.send({ type: 'early' })).toBe(false)
    lines[0]!.tells.opened()
    timers.pass(settleMs)
  })

  it('passes frames on and answers pings itself', () => {
    lines[0]!.tells.heard('{"type":"ping"}')
    lines[0]!.tells.heard('{"type":"event"}')
    expect(log).toEqual(['open', 'event'])
    expect(lines[0]!.sent).toEqual(['{"type":"pong"}'])
  })

  it('drops a line that is silent for 25 s and dials again', () => {
    timers.pass(silenceMs - settleMs - 1)
    expect(lines[0]!.closed).toBe(false)
    timers.pass(1)
    expect(lines[0]!.closed).toBe(true)
    timers.pass(500)
    expect(lines).toHaveLength(2)
  })

  it('a ping is a sign of life', () => {
    timers.pass(silenceMs - settleMs - 1)
    lines[0]!.tells.heard('{"type":"ping"}')
    timers.pass(silenceMs - 1)
    expect(lines[0]!.closed).toBe(false)
  })

  it('tries again without end', () => {
    lines[0]!.tells.closed(1006)
    for (let round = 0; round < 50; round += 1) {
      timers.pass(15_000)
      lines.at(-1)!.tells.closed(1006)
    }
    expect(lines).toHaveLength(51)
    expect(log.at(-1)).toBe('down 51')
  })

  it('dials at once when told that the network is back, and only once', () => {
    lines[0]!.tells.closed(1006)
    connection.retryNow()
    connection.retryNow()
    timers.pass(400)
    expect(lines).toHaveLength(2)
  })

  it('starts from the first wait again after it was open', () => {
    lines[0]!.tells.closed(1006)
    timers.pass(500)
    lines[1]!.tells.closed(1006)
    timers.pass(500)
    lines[2]!.tells.opened()
    lines[2]!.tells.heard('{"type":"ping"}')
    lines[2]!.tells.closed(1006)
    expect(log.at(-1)).toBe('down 1')
  })

  it('a server that opens and closes at once is still down, and is asked ever less often', () => {
    lines[0]!.tells.closed(1006)
    for (let round = 1; round < 6; round += 1) {
      timers.pass(15_000)
      lines.at(-1)!.tells.opened()
      lines.at(-1)!.tells.closed(1013)
    }
    expect(log).toEqual(['open', 'down 1', 'down 2', 'down 3', 'down 4', 'down 5', 'down 6'])
  })

  it('stays away when the session is refused', () => {
    lines[0]!.tells.closed(4401)
    timers.pass(60_000)
    expect(log.at(-1)).toBe('refused')
    expect(lines).toHaveLength(1)
  })

  it('sends only over an open line', () => {
    expect(connection.send({ type: 'typing' })).toBe(true)
    lines[0]!.tells.closed(1006)
    expect(connection.send({ type: 'typing' })).toBe(false)
  })
})
