import { effectScope } from 'vue'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { handleKey, keyCommands, useKeys } from '../src/shell/keys'

const press = (init: KeyboardEventInit & { keyCode?: number }, target: EventTarget = document.body): KeyboardEvent => {
  const event = new KeyboardEvent('keydown', { cancelable: true, bubbles: true, ...init })
  Object.defineProperty(event, 'target', { value: target })
  handleKey(event)
  return event
}

describe('keys', () => {
  let scope = effectScope()
  const register = (...commands: Parameters<typeof useKeys>) => scope.run(() => useKeys(...commands))

  afterEach(() => {
    scope.stop()
    scope = effectScope()
    document.body.innerHTML = ''
  })

  it('runs the command of a key and keeps the browser out of it', () => {
    const run = vi.fn()
    register({ keys: 'Alt+J', label: 'next', run })
    // On a Mac, Alt+J types another letter: the place of the key counts.
    const event = press({ key: '∆', code: 'KeyJ', altKey: true })
    expect(run).toHaveBeenCalledOnce()
    expect(event.defaultPrevented).toBe(true)
  })

  it('is off while an input method composes', () => {
    const run = vi.fn()
    register({ keys: 'F8', label: 'answer', run })
    press({ key: 'F8', isComposing: true })
    expect(run).not.toHaveBeenCalled()
    press({ key: 'F8' })
    expect(run).toHaveBeenCalledOnce()
  })

  it('leaves a question mark in a field alone', () => {
    const run = vi.fn()
    register({ keys: '?', label: 'help', run, typed: true })
    press({ key: '?', shiftKey: true }, document.createElement('textarea'))
    expect(run).not.toHaveBeenCalled()
    press({ key: '?', shiftKey: true })
    expect(run).toHaveBeenCalledOnce()
  })

  it('is off behind an open dialog', () => {
    const run = vi.fn()
    register({ keys: 'Ctrl+S', label: 'save', run })
    document.body.innerHTML = '<div class="el-overlay"><div role="dialog"></div></div>'
    press({ key: 's', code: 'KeyS', ctrlKey: true })
    expect(run).not.toHaveBeenCalled()
  })

  it('the newest registration wins and goes with its component', () => {
    const page = vi.fn()
    const part = vi.fn()
    register({ keys: 'Ctrl+S', label: 'save', run: page })
    const inner = effectScope()
    inner.run(() => useKeys({ keys: 'Ctrl+S', label: 'save', run: part }))
    press({ key: 's', code: 'KeyS', metaKey: true })
    expect([page.mock.calls.length, part.mock.calls.length]).toEqual([0, 1])
    inner.stop()
    expect(keyCommands()).toHaveLength(1)
    press({ key: 's', code: 'KeyS', metaKey: true })
    expect(page).toHaveBeenCalledOnce()
  })
})
