import { defineStore } from 'pinia'
import { ref } from 'vue'
import { api } from '../api/desk'
import type { Snapshot } from '../api/models'
import { Problem } from '../api/problem'
import { setServerTime } from '../i18n/time'
import { backoffS } from '../realtime/backoff'
import { Connection, type Line, type LineEvents } from '../realtime/connection'
import type { Change } from '../realtime/reducer'

export type LineState = 'off' | 'connecting' | 'online' | 'offline'

export interface EventFrame {
  type: 'event'
  cursor: string
  entity: string
  id: string
  version: number
  data: { gone?: boolean }
}

export interface SignalFrame {
  type: 'viewing' | 'typing'
  contact_id: string
  names?: string[]
  on?: boolean
}

type Frame = EventFrame | SignalFrame | { type: 'snapshot_required' }

export interface Listener {
  onSnapshot?(snapshot: Snapshot): void
  onChange?(change: Change): void
  onSignal?(signal: SignalFrame): void
  onOnline?(): void
}

const socketUrl = (cursor: string): string =>
  `${location.origin.replace(/^http/, 'ws')}/api/desk/events?after=${encodeURIComponent(cursor)}`

function openSocket(url: string, events: LineEvents): Line {
  const socket = new WebSocket(url)
  socket.onopen = () => events.opened()
  socket.onmessage = (event) => events.heard(String(event.data))
  socket.onclose = (event) => events.closed(event.code)
  return {
    send: (text) => socket.send(text),
    close: () => {
      socket.onopen = socket.onmessage = socket.onclose = null
      socket.close()
    },
  }
}

/** The one line to the server: a snapshot, then the events after its cursor, for as long as somebody is signed in. */
export const useRealtime = defineStore('realtime', () => {
  const state = ref<LineState>('off')
  const attempt = ref(0)
  const downSince = ref<number | null>(null)
  const nextTryAt = ref(0)
  const listeners = new Set<Listener>()
  let cursor = ''
  let snapshotTimer = 0

  const connection = new Connection(
    {
      dial: (events) => openSocket(socketUrl(cursor), events),
      timers: { set: (run, ms) => window.setTimeout(run, ms), clear: (timer) => window.clearTimeout(timer) },
    },
    {
      onFrame: (frame) => receive(frame as Frame),
      onOpen: up,
      onDown: down,
      onRefused: refused,
    },
  )

  function up(): void {
    state.value = 'online'
    attempt.value = 0
    downSince.value = null
    listeners.forEach((listener) => listener.onOnline?.())
  }

  function down(tries: number, waitS: number): void {
    state.value = 'offline'
    attempt.value = tries
    downSince.value ??= Date.now()
    nextTryAt.value = Date.now() + waitS * 1000
    void checkSession()
  }

  /** Refused, but perhaps only this once: whoever is still signed in comes back later. */
  function refused(): void {
    const waitS = 15
    down(attempt.value + 1, waitS)
    snapshotTimer = window.setTimeout(() => void start(), waitS * 1000)
  }

  /** A refused socket looks like a broken one; only the session route tells them apart (401 signs out). */
  async function checkSession(): Promise<void> {
    await api.session().catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error
    })
  }

  function receive(frame: Frame): void {
    if (frame.type === 'snapshot_required') {
      connection.stop()
      void start()
    } else if (frame.type === 'event') {
      cursor = frame.cursor
      const change: Change = {
        entity: frame.entity,
        id: frame.id,
        version: frame.version,
        data: frame.data.gone ? null : frame.data,
      }
      listeners.forEach((listener) => listener.onChange?.(change))
    } else {
      listeners.forEach((listener) => listener.onSignal?.(frame))
    }
  }

  /** Takes a snapshot and follows the events after it; a failed snapshot is tried again like a lost line. */
  async function start(): Promise<void> {
    window.clearTimeout(snapshotTimer)
    if (state.value === 'off') state.value = 'connecting'
    try {
      const snapshot = await api.snapshot()
      setServerTime(snapshot.server_time)
      cursor = snapshot.cursor
      listeners.forEach((listener) => listener.onSnapshot?.(snapshot))
      connection.start()
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      if (error.status === 401 || error.status === 403) return
      const waitS = backoffS(attempt.value)
      down(attempt.value + 1, waitS)
      snapshotTimer = window.setTimeout(() => void start(), waitS * 1000)
    }
  }

  function stop(): void {
    window.clearTimeout(snapshotTimer)
    connection.stop()
    state.value = 'off'
    downSince.value = null
  }

  function retryNow(): void {
    if (state.value !== 'offline') return
    if (cursor === '') void start()
    else connection.retryNow()
  }

  function listen(listener: Listener): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  window.addEventListener('online', retryNow)
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && retryNow())

  return {
    state,
    attempt,
    downSince,
    nextTryAt,
    start,
    stop,
    retryNow,
    listen,
    send: (frame: object) => connection.send(frame),
  }
})
