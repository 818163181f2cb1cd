import type { SipAccount } from '@axd/shared/calls/sip-line'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { api } from '../api/desk'
import { Problem } from '../api/problem'
import { keepChosen, listDevices, microphoneState, openMicrophone, readChosen } from '../phone/devices'
import { MicrophoneProblem, type Chosen, type Devices, type MicrophoneState } from '../phone/devices'
import { embeddedPhone, sipPhone } from '../phone/page-phone'
import { quietPhone, type Phone, type PhoneCall, type PhonePorts, type PhoneState } from '../phone/phone'
import { useReference } from './reference'
import { useSession } from './session'

/** How long an accepted contact's call is expected: then it is no longer answered by itself. */
const expectedMs = 30_000
const lookMs = 1000

export type SpyMode = 'listen' | 'whisper' | 'barge'
/** Who is asked while the citizen waits. */
interface Consulted {
  to: string
  name: string
  answered: boolean
}
export type Light = 'ready' | 'offline' | 'blocked' | 'busy' | 'lost'

/** The telephone of this page: which call it has, what rings, and whether it can hear and speak. */
export const usePhone = defineStore('phone', () => {
  const session = useSession()
  const reference = useReference()
  const state = shallowRef<PhoneState>(quietPhone)
  const microphone = ref<MicrophoneState>('unknown')
  const devices = ref<Devices>({ microphones: [], speakers: [] })
  const chosen = ref<Chosen>(readChosen())
  const held = ref(false)
  const consult = ref<Consulted | null>(null)
  const joined = ref(false)
  const recorded = ref(false)
  const devicesOpen = ref(false)
  const sound = new Audio()
  sound.autoplay = true
  let driver: Phone | null = null
  let looking = 0
  let lastContactId = ''
  let expected = { contactId: '', until: 0 }

  const call = computed(() => state.value.call)
  const light = computed((): Light => {
    if (['blocked', 'missing', 'insecure'].includes(microphone.value)) return 'blocked'
    if (!state.value.online) return 'offline'
    if (state.value.sound === 'lost') return 'lost'
    return call.value ? 'busy' : 'ready'
  })
  /** Calls that ring here without an offer in the inbox: a colleague asks, an accepted call waits, an emergency. */
  const asking = computed(() => state.value.ringing.filter((one) => one.why !== 'offer'))
  /** How the supervisor at this page takes part in the call of an agent; "" when not. */
  const mode = ref<SpyMode | ''>('')

  const ports: PhonePorts = {
    microphone: takeMicrophone,
    play: (stream) => void play(stream),
    changed: take,
    isExpected,
  }

  async function start(): Promise<void> {
    if (driver) return
    try {
      const { sip } = await api.phone()
      driver = sip ? await sipPhone(ports, sipAccount) : embeddedPhone(ports)
      driver.start()
    } catch (error) {
      if (!(error instanceof Problem)) throw error
    }
    await lookAtDevices()
    navigator.mediaDevices?.addEventListener('devicechange', () => void lookAtDevices())
    window.addEventListener('online', () => driver?.wake())
  }

  async function sipAccount(): Promise<SipAccount> {
    const { sip, ice_servers } = await api.phone()
    if (!sip) throw new Error('the calls of this house are carried in another way now')
    return { ...sip, iceServers: ice_servers as unknown as RTCIceServer[] }
  }

  function stop(): void {
    driver?.stop()
    driver = null
    state.value = quietPhone
  }

  function take(now: PhoneState): void {
    if (now.call?.id !== state.value.call?.id) {
      held.value = joined.value = false
      consult.value = null
      recorded.value = false
      if (!now.call) mode.value = ''
      // It is here: should the same contact come back soon, it rings as any other.
      else expected = { contactId: '', until: 0 }
      lastContactId = now.call?.contactId || lastContactId
    }
    const soundCame = now.sound === 'on' && state.value.sound !== 'on'
    state.value = now
    if (soundCame) void lookAtCall()
    if (now.ended === 'microphone' && !devicesOpen.value) {
      devicesOpen.value = true
      void lookAtDevices()
    }
  }

  /** A recording begins with the conversation, a moment after the sound. */
  async function lookAtCall(tries = 5): Promise<void> {
    if (!call.value?.contactId || tries === 0) return
    const now = await api.call(call.value.contactId).catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error
      return null
    })
    recorded.value = now?.recording === true
    const part = now?.supervised[session.me?.id ?? '']
    if (call.value?.why === 'supervision' && part) mode.value = part as SpyMode
    if (!recorded.value) window.setTimeout(() => void lookAtCall(tries - 1), 2 * lookMs)
  }

  async function lookAtDevices(): Promise<void> {
    const before = microphone.value
    microphone.value = await microphoneState()
    // The browser only tells of a missing microphone when it is asked for one.
    if (before === 'missing' && microphone.value !== 'blocked') microphone.value = before
    devices.value = await listDevices()
  }

  async function takeMicrophone(): Promise<MediaStream> {
    try {
      const stream = await openMicrophone(chosen.value)
      microphone.value = 'ready'
      return stream
    } catch (error) {
      if (error instanceof MicrophoneProblem) microphone.value = error.state
      throw error
    }
  }

  async function play(stream: MediaStream | null): Promise<void> {
    sound.srcObject = stream
    if (stream && chosen.value.speaker && 'setSinkId' in sound)
      await sound.setSinkId(chosen.value.speaker).catch(() => undefined)
  }

  async function choose(next: Chosen): Promise<void> {
    const other = next.microphone !== chosen.value.microphone
    chosen.value = next
    keepChosen(next)
    if (other) await driver?.changeMicrophone()
    await play(sound.srcObject as MediaStream | null)
  }

  /** What was accepted or asked for here, and the call that this page had when the engine was started again. */
  function isExpected(one: PhoneCall): boolean {
    const again = ['accepted', 'supervision'].includes(one.why) && one.contactId === lastContactId
    if (again && one.contactId !== '') return true
    if (Date.now() > expected.until) return false
    return one.contactId === expected.contactId || one.contactId === ''
  }

  /** The agent accepts this contact: its call, ringing now or in a moment, is answered without another key. */
  function expect(contactId: string): void {
    expected = { contactId, until: Date.now() + expectedMs }
    const rings = state.value.ringing.find(isExpected)
    if (rings) answer(rings)
  }

  function answer(one: PhoneCall): void {
    driver?.answer(one).catch(() => (state.value = { ...state.value, ended: 'microphone' }))
  }

  async function hold(on: boolean): Promise<void> {
    if (!call.value) return
    await api.holdCall(call.value.contactId, on)
    held.value = on
  }

  /** The citizen waits while somebody is asked. */
  async function ask(to: string, label: string): Promise<void> {
    if (!call.value) return
    await api.consult(call.value.contactId, to)
    consult.value = { to, name: label, answered: false }
    window.clearTimeout(looking)
    looking = window.setTimeout(() => void followConsult(), lookMs)
  }

  /** Whoever was asked answers, or hangs up, or does not answer: then the citizen is back. */
  async function followConsult(): Promise<void> {
    if (!call.value || !consult.value) return
    const now = await api.call(call.value.contactId).catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error
      return null
    })
    if (now && !now.consult) consult.value = null
    else if (now?.consult && consult.value) consult.value = known(consult.value, now.consult)
    if (consult.value) looking = window.setTimeout(() => void followConsult(), lookMs)
  }

  /** Of a queue one is rung: from then on it is said who. */
  function known(before: Consulted, now: { to: string; answered: boolean }): Consulted {
    const other = now.to !== before.to && reference.lists?.colleagues.find((one) => now.to === `agent:${one.id}`)
    const name = other ? `${before.name} · ${other.display_name}` : before.name
    return { to: now.to, name, answered: now.answered }
  }

  /** Take part in an agent's call, or do it in another way from now on: rings here, and is answered by itself. */
  async function supervise(contactId: string, way: SpyMode): Promise<void> {
    expected = { contactId, until: Date.now() + expectedMs }
    await api.supervise(contactId, way)
    mode.value = way
  }

  async function endSupervision(): Promise<void> {
    if (call.value) await api.endSupervision(call.value.contactId)
  }

  async function endConsult(): Promise<void> {
    if (!call.value) return
    await api.endConsult(call.value.contactId)
    consult.value = null
  }

  async function join(): Promise<void> {
    if (!call.value) return
    await api.joinAll(call.value.contactId)
    consult.value = null
    joined.value = true
  }

  const completeTransfer = async (): Promise<void> => {
    if (call.value) await api.completeTransfer(call.value.contactId)
  }
  const transfer = async (to: string): Promise<void> => {
    if (call.value) await api.transferCall(call.value.contactId, to)
  }

  /** A key for the other side: a menu of theirs, an extension. */
  async function press(digit: string): Promise<void> {
    if (!call.value) return
    if (call.value.contactId) await api.sendDigits(call.value.contactId, digit)
    else driver?.press(digit)
  }

  return {
    state,
    call,
    asking,
    light,
    held,
    consult,
    joined,
    recorded,
    devicesOpen,
    mode,
    supervise,
    endSupervision,
    microphone,
    devices,
    chosen,
    start,
    stop,
    choose,
    lookAtDevices,
    takeMicrophone,
    expect,
    answer,
    decline: (one: PhoneCall) => driver?.decline(one),
    hangUp: () => driver?.hangUp(),
    mute: (muted: boolean) => driver?.mute(muted),
    hold,
    ask,
    endConsult,
    join,
    completeTransfer,
    transfer,
    press,
  }
})
