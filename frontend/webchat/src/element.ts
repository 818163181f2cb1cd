// <axd-chat src="/chat/api" lang="zh-CN">: the panel, or the button that opens it.
import { Api, Refused } from './api'
import { Composer } from './composer'
import { Controller, randomKey } from './controller'
import { h } from './dom'
import { icon } from './icons'
import { Intro } from './intro'
import { Log } from './log'
import { OfflineChoice } from './offline'
import type { Attachment } from './protocol'
import { statusText } from './sentences'
import type { ChatState } from './state'
import { browserStore, isCollapsed, loadDraft, saveDraft, setCollapsed } from './storage'
import { css } from './style'
import { fill, wordsFor } from './words'

const CUT_NOTICE_MS = 3000
const WIDE = '(min-width: 1180px)'
const PHONE = '(max-width: 720px)'

export class AxdChat extends HTMLElement {
  private readonly language = this.getAttribute('lang') ?? document.documentElement.lang ?? 'zh-CN'
  private readonly words = wordsFor(this.language)
  private readonly store = browserStore()
  private readonly api = new Api(this.getAttribute('src') ?? '/chat/api', () => this.language)
  private readonly controller = new Controller({
    api: this.api,
    store: this.store,
    openSocket: (address) => new WebSocket(address),
    changed: (state) => this.draw(state),
  })
  private readonly intro = new Intro(this.words)
  private readonly offline = new OfflineChoice(this.words)
  private readonly log = new Log(this.words, this.language, {
    retry: (message) => this.controller.retry(message),
    discard: (message) => this.controller.discard(message),
    fileAddress: (file) => `${this.api.base}/attachments/${file.id}`,
    statusPage: this.getAttribute('status'),
  })
  private readonly composer = new Composer(this.words, {
    submit: (text, attachments) => void this.submit(text, attachments),
    typing: (on) => this.controller.typing(on),
    upload: (file) => this.upload(file),
    draftChanged: (text) => saveDraft(this.store, text),
    limits: () => this.limits(),
    failure: (error) => this.failure(error),
  }, loadDraft(this.store))
  private readonly subtitle = h('p', { role: 'status' })
  private readonly endButton = h('button', { class: 'btn', type: 'button', hidden: true, onclick: () => this.askEnd(true) }, this.words.end)
  private readonly band = h('div', { class: 'band', role: 'status', hidden: true })
  private readonly badge = h('span', { class: 'count', hidden: true })
  private readonly launcher = h('button', { class: 'btn primary launch', type: 'button', onclick: () => this.open() }, icon('chat'), this.words.open, this.badge)
  private readonly panel = this.makePanel()
  private started = false
  private asking = false
  private formKey = ''
  private seenSeq = 0
  private cutSince = 0
  private cutTimer: ReturnType<typeof setTimeout> | undefined
  private returnFocus: HTMLElement | null = null
  private readonly wake = (): void => {
    if (document.visibilityState === 'visible') {
      this.controller.wake()
      this.draw(this.controller.state)
    }
  }

  connectedCallback(): void {
    if (!this.shadowRoot) this.build()
    window.addEventListener('online', this.wake)
    document.addEventListener('visibilitychange', this.wake)
    if (this.hasAttribute('beside') && matchMedia(WIDE).matches && !isCollapsed(this.store)) this.show()
    else if (location.hash === `#${this.id}` && this.id) this.open()
    void this.start()
  }

  disconnectedCallback(): void {
    window.removeEventListener('online', this.wake)
    document.removeEventListener('visibilitychange', this.wake)
    this.controller.stop()
  }

  /** Opens the panel and puts the cursor where the citizen writes. */
  open(): void {
    this.returnFocus = document.activeElement instanceof HTMLElement ? document.activeElement : null
    this.show()
    setCollapsed(this.store, false)
    this.composer.focus()
  }

  /** Collapses the panel; the conversation goes on. */
  close(): void {
    this.panel.hidden = true
    this.launcher.hidden = false
    setCollapsed(this.store, true)
    this.coverPage(false)
    this.dispatchEvent(new CustomEvent('axd-chat-toggle', { detail: false, bubbles: true }))
    if (this.launcher.checkVisibility?.() ?? true) this.launcher.focus()
    else this.returnFocus?.focus()
  }

  private build(): void {
    const root = this.attachShadow({ mode: 'open' })
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(css)
    root.adoptedStyleSheets = [sheet]
    root.append(this.launcher, this.panel)
    this.panel.hidden = true
    this.log.root.append(this.intro.root, this.offline.root)
    this.draw(this.controller.state)
  }

  private makePanel(): HTMLElement {
    return h('section', { class: 'panel', role: 'complementary', 'aria-label': this.words.title, onkeydown: (event: KeyboardEvent) => { if (event.key === 'Escape' && !event.isComposing) this.close() } },
      h('header', {}, h('div', {}, h('h2', {}, this.words.title), this.subtitle), this.endButton,
        this.hasAttribute('call') && h('button', { class: 'btn icon', type: 'button', 'aria-label': this.words.call, onclick: () => this.dispatchEvent(new CustomEvent('axd-call-open', { bubbles: true })) }, icon('phone')),
        h('button', { class: 'btn icon', type: 'button', 'aria-label': this.words.collapse, onclick: () => this.close() }, icon('down'))),
      this.band, this.log.root, this.composer.root)
  }

  private show(): void {
    this.panel.hidden = false
    this.launcher.hidden = true
    this.coverPage(matchMedia(PHONE).matches)
    this.dispatchEvent(new CustomEvent('axd-chat-toggle', { detail: true, bubbles: true }))
    this.draw(this.controller.state)
  }

  /** On a telephone the chat takes the whole screen: what lies under it must not be reachable. */
  private coverPage(cover: boolean): void {
    this.panel.setAttribute('role', cover ? 'dialog' : 'complementary')
    if (cover) this.panel.setAttribute('aria-modal', 'true')
    else this.panel.removeAttribute('aria-modal')
    for (const element of document.body.children) {
      if (element instanceof HTMLElement && element !== this && !element.contains(this)) element.inert = cover
    }
  }

  private async start(): Promise<void> {
    try {
      await this.controller.refresh()
      this.started = true
    } catch {
      setTimeout(() => { if (this.isConnected && !this.started) void this.start() }, 5000)
    }
  }

  private async submit(text: string, attachments: Attachment[]): Promise<void> {
    if (this.controller.mustLeaveMessage) return this.leaveMessage(text, attachments)
    this.composer.clear()
    this.controller.send(text, attachments, this.intro.topic, this.intro.anonymous)
  }

  private async leaveMessage(text: string, attachments: Attachment[]): Promise<void> {
    if (!text) return this.composer.complain(this.words.missing)
    if (this.offline.missing) return this.composer.complain(fill(this.words.addressMissing, { what: this.offline.missing }))
    // The key names this one message: pressing twice, or again after a lost answer, gives the same number.
    this.formKey ||= randomKey()
    try {
      const receipt = await this.api.leaveMessage({
        topic: this.intro.topic, anonymous: this.intro.anonymous, text, reply: this.offline.way,
        address: this.offline.address, form_key: this.formKey, attachment_ids: attachments.map((file) => file.id),
      })
      this.formKey = ''
      this.composer.clear()
      this.log.addLeft({ text, attachments }, receipt)
    } catch (error) {
      this.composer.complain(this.failure(error))
    }
  }

  private async upload(file: File): Promise<Attachment> {
    if (!this.controller.now?.session) await this.api.start(this.intro.topic, this.intro.anonymous)
    return this.api.upload(file)
  }

  private failure(error: unknown): string {
    return error instanceof Refused && error.status < 500 ? error.title : this.words.failed
  }

  private limits(): { files: number; fileBytes: number; chars: number } {
    const now = this.controller.now
    return { files: now?.max_files ?? 5, fileBytes: now?.max_file_bytes ?? 20 * 1024 * 1024, chars: now?.max_text_chars ?? 4000 }
  }

  private askEnd(asking: boolean): void {
    this.asking = asking
    this.draw(this.controller.state)
    if (asking) this.band.querySelector('button')?.focus()
    else this.composer.focus()
  }

  private draw(state: ChatState): void {
    if (!this.shadowRoot) return
    const { words, controller } = this
    const running = ['waiting', 'offered', 'active'].includes(state.status)
    setText(this.subtitle, statusText(words, state, controller.now))
    this.intro.root.hidden = running || state.pending.length > 0 || (state.entries.length > 0 && state.status !== 'closed')
    this.offline.root.hidden = !controller.mustLeaveMessage
    this.endButton.hidden = !running
    this.log.draw(state)
    this.drawBand(state, running)
    this.drawUnread(state)
  }

  private drawBand(state: ChatState, running: boolean): void {
    const { words } = this
    if (state.online || !running) {
      this.cutSince = 0
      clearTimeout(this.cutTimer)
    } else if (!this.cutSince) {
      this.cutSince = Date.now()
      this.cutTimer = setTimeout(() => this.draw(this.controller.state), CUT_NOTICE_MS)
    }
    if (!running) this.asking = false
    const cut = this.cutSince > 0 && Date.now() - this.cutSince >= CUT_NOTICE_MS
    const mark = this.asking ? 'ask' : cut ? 'cut' : state.idleClosesInS !== null ? `idle${state.idleClosesInS}` : ''
    if (this.band.dataset.mark === mark) return
    this.band.dataset.mark = mark
    this.band.hidden = !mark
    if (mark === 'ask') {
      this.band.replaceChildren(words.endAsk,
        h('button', { class: 'btn', type: 'button', onclick: () => { this.controller.end(); this.askEnd(false) } }, words.endYes),
        h('button', { class: 'btn quiet', type: 'button', onclick: () => this.askEnd(false) }, words.endNo))
    } else if (mark === 'cut') this.band.replaceChildren(icon('offline'), h('span', {}, words.cut))
    else if (mark) this.band.replaceChildren(icon('clock'), h('span', {}, fill(words.idle, { n: Math.max(1, Math.round((state.idleClosesInS ?? 0) / 60)) })))
  }

  private drawUnread(state: ChatState): void {
    const seen = !this.panel.hidden && document.visibilityState === 'visible'
    if (seen) {
      this.seenSeq = Math.max(this.seenSeq, state.contiguousSeq)
      this.controller.markRead()
    }
    const unread = state.entries.filter((entry) => entry.author === 'agent' && entry.seq > this.seenSeq).length
    this.badge.hidden = unread === 0
    setText(this.badge, unread ? String(unread) : '')
    if (unread) this.launcher.setAttribute('aria-label', `${this.words.open}, ${fill(this.words.unread, { n: unread })}`)
    else this.launcher.removeAttribute('aria-label')
  }
}

/** Only a changed text is written: a live region would read an equal one out again. */
function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text
}
