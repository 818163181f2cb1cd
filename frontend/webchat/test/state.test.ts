import { describe, expect, it } from 'vitest'
import type { MessageFrame, ServerFrame } from '../src/protocol'
import { initialState, reduce, unsent, type ChatEvent, type ChatState, type Pending } from '../src/state'

const said = (seq: number, extra: Partial<MessageFrame> = {}): MessageFrame => ({
  type: 'message', seq, author: 'agent', text: `m${seq}`, sent_at: '2026-11-24T02:00:00+00:00', attachments: [], ...extra,
})
const written = (clientMsgId: string): Pending => ({ clientMsgId, text: clientMsgId, attachments: [], refused: null })
const ack = (clientMsgId: string, seq: number): ServerFrame => ({ type: 'ack', client_msg_id: clientMsgId, seq, sent_at: '2026-11-24T02:00:00+00:00' })
const run = (...events: ChatEvent[]): ChatState => events.reduce(reduce, initialState)
const seqs = (state: ChatState): number[] => state.entries.map((entry) => entry.seq)

describe('messages', () => {
  it('stand in the order of their numbers, whatever order they come in', () => {
    expect(seqs(run(said(3), said(1), said(2)))).toEqual([1, 2, 3])
  })

  it('are shown once however often they come', () => {
    expect(seqs(run(said(1), said(1), said(2), said(1)))).toEqual([1, 2])
  })

  it('settle what was written under the same id', () => {
    const state = run({ type: 'compose', message: written('a') }, said(1, { author: 'visitor', client_msg_id: 'a' }))
    expect(state.pending).toEqual([])
    expect(seqs(state)).toEqual([1])
  })

  it('say where a rating is asked for', () => {
    const state = run(said(1, { author: 'system', rate: true }), said(2))
    expect(state.entries.map((entry) => entry.rate)).toEqual([true, false])
  })

  it('are replaced by the one with the PIN, which the open page gets once', () => {
    const state = run(said(1, { receipt: { number: '20261120003179' } }), said(1, { receipt: { number: '20261120003179', pin: '483920' } }), said(1, { receipt: { number: '20261120003179' } }))
    expect(state.entries.map((entry) => entry.receipt?.pin)).toEqual(['483920'])
  })
})

describe('an answer to number and PIN', () => {
  it('takes the place of what was asked and leaves the numbers of messages alone', () => {
    const answer: ServerFrame = { type: 'answer', client_msg_id: 'a', text: 'in progress' }
    const state = run(said(1), { type: 'compose', message: written('a') }, answer, answer, said(2))
    expect(state.entries.map((entry) => entry.text)).toEqual(['m1', 'in progress', 'm2'])
    expect(state.pending).toEqual([])
    expect(state.contiguousSeq).toBe(2)
  })
})

describe('an acknowledgement', () => {
  it('turns what waits into what is said', () => {
    const state = run({ type: 'compose', message: written('a') }, ack('a', 1))
    expect(state.pending).toEqual([])
    expect(state.entries).toMatchObject([{ seq: 1, author: 'visitor', text: 'a' }])
    expect(state.contiguousSeq).toBe(1)
  })

  it('does not hide an earlier message that is still on its way', () => {
    // The agent's number 1 was not seen yet: resuming after 2 would lose it.
    const state = run({ type: 'compose', message: written('a') }, ack('a', 2))
    expect(state.contiguousSeq).toBe(0)
    expect(reduce(state, said(1)).contiguousSeq).toBe(1)
  })

  it('of an unknown message changes nothing', () => {
    expect(run(ack('x', 1))).toEqual(initialState)
  })
})

describe('what is unsent', () => {
  it('keeps its order and leaves out what was refused', () => {
    const state = run(
      { type: 'compose', message: written('a') }, { type: 'compose', message: written('b') }, { type: 'compose', message: written('c') },
      { type: 'error', code: 'chat.too_long', title: '太长', client_msg_id: 'b' },
    )
    expect(unsent(state).map((message) => message.clientMsgId)).toEqual(['a', 'c'])
    expect(state.pending[1]?.refused).toBe('太长')
  })

  it('survives a session that the server has forgotten', () => {
    const state = run(said(1), { type: 'compose', message: written('a') }, { type: 'restart' })
    expect(state.entries).toEqual([])
    expect(unsent(state)).toHaveLength(1)
  })
})

describe('status', () => {
  it('read marks only grow', () => {
    expect(run({ type: 'read', seq: 5 }, { type: 'read', seq: 3 }).readByAgent).toBe(5)
  })

  it('a new message ends typing and a closed chat has nobody typing', () => {
    expect(run({ type: 'typing', on: true }, said(1)).agentTyping).toBe(false)
    expect(run({ type: 'typing', on: true }, { type: 'status', status: 'closed' }).agentTyping).toBe(false)
  })

  it('writing takes back the warning that the chat will end', () => {
    expect(run({ type: 'idle', closes_in_s: 120 }, { type: 'compose', message: written('a') }).idleClosesInS).toBeNull()
  })
})
