// <axd-call src="/chat/api" lang="zh-CN" phone="…">: a call from the page, kept through a reload and a lost network.
import { PageLine, quietLine, type Line, type LinePorts, type LineState } from '../../shared/calls/page-line'
import type { SipAccount } from '../../shared/calls/sip-line'
import { Api, Refused } from './api'
import { callCss } from './call-style'
import { callWordsFor, endWord } from './call-words'
import { h } from './dom'
import { icon } from './icons'
import { css } from './style'
import { fill } from './words'

const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#']
const CALL_KEY = 'axd-call'
const SIP_SCRIPT = new URL('axd-sip.js', (document.currentScript as HTMLScriptElement | null)?.src || document.baseURI).href

export class AxdCall extends HTMLElement {
  private readonly language = this.getAttribute('lang') ?? document.documentElement.lang ?? 'zh-CN'
  private readonly phone = this.getAttribute('phone') ?? ''
  private readonly words = callWordsFor(this.language)
  private readonly api = new Api(this.getAttribute('src') ?? '/chat/api', () => this.language)
  private readonly sound = h('audio', { autoplay: true })
  private line: Line | null = null
  private readonly state = h('p', { role: 'status' })
  private readonly clock = h('time', { 'aria-label': this.words.duration })
  private readonly note = h('p', { class: 'note', role: 'status', hidden: true })
  private readonly pressed = h('p', { class: 'pressed', 'aria-live': 'polite' })
  private readonly intro = this.makeIntro()
  private readonly blocked = this.makeBlocked()
  private readonly keypad = this.makeKeypad()
  private readonly startButton = h('button', { class: 'btn primary', type: 'button', onclick: () => void this.dial() }, icon('phone'), h('span'))
  private readonly muteButton = h('button', { class: 'btn', type: 'button', 'aria-pressed': 'false', onclick: () => this.mute() })
  private readonly acts = h('div', { class: 'acts' }, this.muteButton,
    h('button', { class: 'btn bad', type: 'button', onclick: () => this.line?.hangUp() }, icon('hangup'), this.words.hangUp))
  private readonly panel = this.makePanel()
  private readonly launcher = h('button', { class: 'btn primary launch', type: 'button', hidden: true, onclick: () => this.show() }, icon('phone'), this.words.up)
  private keys = ''
  private why = ''
  private upSince = 0
  private seconds: ReturnType<typeof setInterval> | undefined
  private returnFocus: HTMLElement | null = null
  private readonly wake = (): void => this.line?.wake()

  private get now(): LineState {
    return this.line?.state ?? quietLine
  }

  connectedCallback(): void {
    if (!this.shadowRoot) this.build()
    window.addEventListener('online', this.wake)
    // A call of this tab goes on after a reload; without one nothing is opened before somebody calls.
    if (window.sessionStorage.getItem(CALL_KEY)) {
      this.show()
      void this.load().then((line) => line.start())
    }
  }

  disconnectedCallback(): void {
    window.removeEventListener('online', this.wake)
    clearInterval(this.seconds)
    this.line?.stop()
  }

  show(): void {
    this.returnFocus = document.activeElement instanceof HTMLElement ? document.activeElement : null
    this.panel.hidden = false
    this.launcher.hidden = true
    this.draw(this.now)
    if (!this.now.leg) this.startButton.focus()
  }

  private hide(): void {
    this.panel.hidden = true
    this.launcher.hidden = !this.now.leg
    if (this.launcher.hidden) this.returnFocus?.focus()
    else this.launcher.focus()
  }

  private build(): void {
    const root = this.attachShadow({ mode: 'open' })
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(css + callCss)
    root.adoptedStyleSheets = [sheet]
    root.append(this.sound, this.launcher, this.panel)
    this.panel.hidden = true
    root.addEventListener('keydown', (event) => this.typed(event as KeyboardEvent))
    this.draw(this.now)
  }

  private makePanel(): HTMLElement {
    return h('section', { class: 'panel', role: 'complementary', 'aria-label': this.words.title },
      h('header', {}, h('div', {}, h('h2', {}, this.words.title)),
        h('button', { class: 'btn icon', type: 'button', 'aria-label': this.words.close, onclick: () => this.hide() }, icon('down'))),
      h('div', { class: 'body' }, this.intro, this.blocked,
        h('div', { class: 'state' }, this.state, this.clock), this.note, this.pressed, this.keypad, this.acts, this.startButton))
  }

  private makeIntro(): HTMLElement {
    const { words } = this
    return h('div', {}, h('p', {}, words.intro),
      h('ol', {}, h('li', {}, words.step1), h('li', {}, words.step2), h('li', {}, words.step3)))
  }

  private makeBlocked(): HTMLElement {
    const { words } = this
    return h('div', { role: 'alert', hidden: true }, h('p', { class: 'err' }, icon('warn'), words.blocked),
      h('ol', {}, h('li', {}, words.blocked1), h('li', {}, words.blocked2), h('li', {}, words.blocked3)))
  }

  private makeKeypad(): HTMLElement {
    return h('div', { class: 'keys', role: 'group', 'aria-label': this.words.keypad },
      ...KEYS.map((key) => h('button', { class: 'btn', type: 'button', 'aria-label': fill(this.words.key, { key }), onclick: () => this.press(key) }, key)))
  }

  /** The way to the engine that the server named; what speaks SIP is fetched only where that is Asterisk. */
  private async load(): Promise<Line> {
    const ports: Omit<LinePorts, 'open'> = {
      microphone: () => navigator.mediaDevices.getUserMedia({ audio: true }),
      play: (stream) => (this.sound.srcObject = stream),
      changed: (state) => this.draw(state),
      remembered: window.sessionStorage,
      key: CALL_KEY,
    }
    if (this.getAttribute('engine') !== 'asterisk') return (this.line ??= new PageLine({ ...ports, open: () => this.open() }))
    const { SipLine } = (await import(/* @vite-ignore */ SIP_SCRIPT)) as typeof import('./sip')
    return (this.line ??= new SipLine({ ...ports, registers: false, account: () => this.account() }))
  }

  private async account(): Promise<SipAccount> {
    try {
      return await this.inSession(() => this.api.callPass())
    } catch (error) {
      throw Object.assign(new Error('no pass'), { code: error instanceof Refused && error.status === 429 ? 'too_many' : 'unavailable' })
    }
  }

  private async open(): Promise<WebSocket> {
    const ticket = await this.inSession(() => this.api.ticket())
    const address = new URL(`${this.api.base}/call`, window.location.href)
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:'
    const socket = new WebSocket(address)
    await new Promise((resolve, reject) => {
      socket.onopen = resolve
      socket.onerror = reject
    })
    socket.send(JSON.stringify({ ticket }))
    return socket
  }

  private async inSession<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask()
    } catch (error) {
      if (error instanceof Refused && error.status !== 401) throw error
      await this.api.start('inquiry', false)
      return ask()
    }
  }

  private async dial(): Promise<void> {
    this.keys = this.why = ''
    if (!navigator.mediaDevices) {
      this.why = 'insecure'
      return this.draw(this.now)
    }
    this.why = 'asking'
    this.draw(this.now)
    const line = await this.load().catch(() => null)
    if (!line) {
      this.why = ''
      return this.draw({ ...quietLine, ended: 'unavailable' })
    }
    try {
      line.start()
      await line.call(this.language)
      this.why = ''
    } catch {
      this.why = 'blocked'
      line.hangUp()
    }
    this.draw(this.now)
  }

  private press(key: string): void {
    if (this.now.leg?.state !== 'up') return
    this.line?.press(key)
    this.keys += key
    this.draw(this.now)
  }

  /** The number keys of the keyboard work as those on the screen, wherever the focus is in the panel. */
  private typed(event: KeyboardEvent): void {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return
    if (event.key === 'Escape') this.hide()
    else if (KEYS.includes(event.key)) this.press(event.key)
  }

  private mute(): void {
    this.line?.mute(!this.now.leg?.muted)
  }

  private draw(state: LineState): void {
    if (!this.shadowRoot) return
    const { leg, sound } = state
    const asking = this.why === 'asking' || (sound !== 'none' && !leg)
    this.keepTime(leg?.state === 'up')
    this.intro.hidden = Boolean(leg) || asking || Boolean(state.ended) || this.why !== ''
    this.blocked.hidden = !(this.why === 'blocked' || state.ended === 'microphone')
    setText(this.state, this.stateWord(state, asking))
    this.clock.hidden = this.keypad.hidden = leg?.state !== 'up'
    this.acts.hidden = !leg && !asking
    this.startButton.hidden = Boolean(leg) || asking || this.why === 'insecure'
    setText(this.startButton.lastElementChild as HTMLElement, state.ended || this.why ? this.words.again : this.words.start)
    setText(this.muteButton, leg?.muted ? this.words.unmute : this.words.mute)
    this.muteButton.setAttribute('aria-pressed', String(Boolean(leg?.muted)))
    this.muteButton.hidden = !leg
    this.pressed.hidden = leg?.state !== 'up'
    setText(this.pressed, this.keys ? fill(this.words.pressed, { keys: this.keys }) : '')
    this.drawNote(state)
    if (!leg && this.panel.hidden) this.launcher.hidden = true
  }

  private stateWord(state: LineState, asking: boolean): string {
    const { words } = this
    if (this.why === 'insecure') return fill(words.insecure, { phone: this.phone })
    if (this.why === 'blocked' || state.ended === 'microphone') return ''
    if (state.leg) return state.leg.held ? words.held : state.leg.state === 'up' ? words.up : words.ringing
    if (asking) return this.why === 'asking' ? words.askMicrophone : words.connecting
    return state.ended ? fill(endWord(words, state.ended), { phone: this.phone }) : ''
  }

  private drawNote(state: LineState): void {
    const { words } = this
    const lost = state.leg && state.sound === 'lost'
    const back = state.leg && state.sound === 'on' && state.gapS > 0
    const text = lost ? words.lost : state.leg?.muted ? words.mutedNow : back ? fill(words.back, { n: state.gapS }) : ''
    this.note.hidden = text === ''
    this.note.classList.toggle('ok', Boolean(back && !state.leg?.muted))
    setText(this.note, text)
  }

  private keepTime(up: boolean): void {
    if (up && !this.upSince) {
      this.upSince = Date.now()
      this.seconds = setInterval(() => setText(this.clock, clockWord(Date.now() - this.upSince)), 1000)
      setText(this.clock, clockWord(0))
    } else if (!up && this.upSince) {
      this.upSince = 0
      clearInterval(this.seconds)
    }
  }
}

const clockWord = (ms: number): string => {
  const seconds = Math.floor(ms / 1000)
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`
}

/** Only a changed text is written: a live region would read an equal one out again. */
function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text
}
