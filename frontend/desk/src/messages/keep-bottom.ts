import { useEventListener, useResizeObserver } from '@vueuse/core'
import { nextTick, onMounted, watch, type Ref } from 'vue'

const nearPx = 80

/** The newest line stays in sight while the reader is at the bottom; who reads further up is left there. */
export function useKeepBottom(box: Ref<HTMLElement | null>, changes: () => unknown, thread: () => unknown) {
  let atBottom = true

  function scrolled(): void {
    const element = box.value
    if (element) atBottom = element.scrollHeight - element.scrollTop - element.clientHeight < nearPx
  }
  async function settle(): Promise<void> {
    await nextTick()
    if (atBottom && box.value) box.value.scrollTop = box.value.scrollHeight
  }
  /** Runs `load`, which puts older lines on top, and keeps what was read in its place. */
  async function keepPlace(load: () => Promise<void>): Promise<void> {
    const element = box.value
    const height = element?.scrollHeight ?? 0
    await load()
    await nextTick()
    if (element) element.scrollTop += element.scrollHeight - height
  }
  onMounted(settle)
  // A banner or a taller draft takes height away; a picture that arrives late adds some.
  useResizeObserver(box, settle)
  useEventListener(box, 'load', settle, { capture: true, passive: true })
  watch(changes, settle)
  watch(thread, () => {
    atBottom = true
    void settle()
  })
  return { scrolled, keepPlace }
}
