import { PageLine, quietLine, type LineState } from '@axd/shared/calls/page-line'
import { onUnmounted, ref, shallowRef } from 'vue'
import { openMicrophone, readChosen } from '../phone/devices'
import { follow, freshTrial, type TrialState } from './trial'

export interface TrialWish {
  language: string
  hours: '' | 'open' | 'closed'
  caller: string
}

/** A trial is of this page and this moment: it is not taken up again after a reload. */
const forgetful = { getItem: () => null, setItem: () => undefined, removeItem: () => undefined }
const patienceMs = 15_000

/** A call into the draft of a flow, and what it tells. */
export function useTrial(key: string) {
  const line = shallowRef<LineState>(quietLine)
  const state = shallowRef<TrialState>(freshTrial)
  const wanted = ref(false)
  const failure = ref('')
  const sound = new Audio()
  sound.autoplay = true
  let phone: PageLine | null = null
  let patience = 0

  function start(wish: TrialWish): void {
    stop()
    state.value = freshTrial
    failure.value = ''
    wanted.value = true
    const query = new URLSearchParams({ hours: wish.hours, caller: wish.caller })
    const address = `${location.origin.replace(/^http/, 'ws')}/api/desk/telephone/flows/${key}/trial?${query}`
    let called = false
    phone = new PageLine({
      open: () => Promise.resolve(new WebSocket(address)),
      microphone: () => openMicrophone(readChosen()),
      play: (stream) => (sound.srcObject = stream),
      remembered: forgetful,
      key: 'axd-trial',
      changed: (now) => {
        const before = line.value
        line.value = now
        if (now.online && !called) {
          called = true
          window.clearTimeout(patience)
          phone?.call(wish.language).catch(() => fail('microphone'))
        } else if (called && before.leg && !now.leg) finish(now.ended)
        else if (called && now.ended && now.ended !== before.ended && !now.leg) finish(now.ended)
      },
      told: (frame) => {
        if (frame.type === 'trial' && frame.leg_id === line.value.leg?.leg_id) state.value = follow(state.value, frame)
      },
    })
    patience = window.setTimeout(() => fail('unavailable'), patienceMs)
    phone.start()
  }
  function finish(why: string): void {
    if (!wanted.value) return
    if (why !== 'normal') failure.value = why
    end()
  }
  function fail(why: string): void {
    failure.value = why
    end()
  }
  /** Not within the line's own telling: it is still at work with what it tells. */
  function end(): void {
    wanted.value = false
    queueMicrotask(stop)
  }
  function stop(): void {
    window.clearTimeout(patience)
    if (phone?.state.leg) phone.hangUp()
    phone?.stop()
    phone = null
    wanted.value = false
    line.value = quietLine
  }
  const press = (digit: string): void => phone?.press(digit)
  onUnmounted(stop)

  return { line, state, wanted, failure, start, stop, press }
}
