// Where the citizen writes: Enter sends unless an input method composes; the draft survives a reload.
import { h } from './dom'
import { icon } from './icons'
import type { Attachment } from './protocol'
import { fill, type Words } from './words'

export interface ComposerPorts {
  submit(text: string, attachments: Attachment[]): void
  typing(on: boolean): void
  upload(file: File): Promise<Attachment>
  draftChanged(text: string): void
  limits(): { files: number; fileBytes: number; chars: number }
  failure(error: unknown): string
}

const TYPING_PAUSE_MS = 3000

export class Composer {
  readonly root: HTMLFormElement
  private readonly field: HTMLTextAreaElement
  private readonly picker: HTMLInputElement
  private readonly problem: HTMLElement
  private readonly list: HTMLElement
  private attachments: Attachment[] = []
  private uploading = 0
  private pause: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly words: Words, private readonly ports: ComposerPorts, draft: string) {
    this.field = h('textarea', { class: 'in', rows: '1', placeholder: words.write, oninput: () => this.typed(), onkeydown: (event: KeyboardEvent) => this.key(event) })
    this.field.value = draft
    this.picker = h('input', { type: 'file', multiple: true, hidden: true, tabindex: '-1', 'aria-hidden': 'true', onchange: () => void this.picked() })
    this.problem = h('p', { class: 'err', role: 'alert', hidden: true })
    this.list = h('ul', { class: 'files', hidden: true })
    this.root = h('form', { class: 'say', onsubmit: (event: Event) => { event.preventDefault(); this.submit() } },
      h('p', { class: 'hint' }, icon('shield'), words.hint), this.problem, this.list, this.picker,
      h('div', { class: 'row' },
        h('button', { class: 'btn quiet icon', type: 'button', 'aria-label': words.attach, onclick: () => this.picker.click() }, icon('clip')),
        h('label', {}, h('span', { class: 'vh' }, words.write), this.field),
        h('button', { class: 'btn primary icon', 'aria-label': words.send }, icon('send'))))
  }

  focus(): void {
    this.field.focus()
  }

  get text(): string {
    return this.field.value.trim()
  }

  get files(): Attachment[] {
    return this.attachments
  }

  clear(): void {
    this.field.value = ''
    this.attachments = []
    this.drawFiles()
    this.ports.draftChanged('')
  }

  complain(text: string): void {
    this.problem.hidden = !text
    this.problem.replaceChildren(...(text ? [icon('stop'), text] : []))
  }

  private key(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return
    event.preventDefault()
    this.submit()
  }

  private typed(): void {
    this.ports.draftChanged(this.field.value)
    if (this.pause === undefined) this.ports.typing(true)
    clearTimeout(this.pause)
    this.pause = setTimeout(() => this.stopTyping(), TYPING_PAUSE_MS)
  }

  private stopTyping(): void {
    if (this.pause === undefined) return
    clearTimeout(this.pause)
    this.pause = undefined
    this.ports.typing(false)
  }

  private submit(): void {
    const { chars } = this.ports.limits()
    if (this.uploading || (!this.text && !this.attachments.length)) return
    if (this.text.length > chars) return this.complain(fill(this.words.tooLong, { n: chars }))
    this.complain('')
    this.stopTyping()
    this.ports.submit(this.text, this.attachments)
  }

  private async picked(): Promise<void> {
    const { files, fileBytes } = this.ports.limits()
    const chosen = [...(this.picker.files ?? [])]
    this.picker.value = ''
    this.complain('')
    for (const file of chosen) {
      if (this.attachments.length + this.uploading >= files) return this.complain(fill(this.words.tooMany, { n: files }))
      if (file.size > fileBytes) this.complain(fill(this.words.tooBig, { name: file.name, n: Math.round(fileBytes / 1024 / 1024) }))
      else await this.upload(file)
    }
  }

  private async upload(file: File): Promise<void> {
    this.uploading += 1
    const note = h('li', { role: 'status' }, icon('clock'), h('span', {}, fill(this.words.uploading, { name: file.name })))
    this.list.hidden = false
    this.list.append(note)
    try {
      this.attachments = [...this.attachments, await this.ports.upload(file)]
    } catch (error) {
      this.complain(this.ports.failure(error))
    } finally {
      this.uploading -= 1
      this.drawFiles()
    }
  }

  private drawFiles(): void {
    this.list.hidden = !this.attachments.length
    this.list.replaceChildren(...this.attachments.map((file) =>
      h('li', {}, icon('file'), h('span', {}, file.filename),
        h('button', { class: 'btn quiet icon', type: 'button', 'aria-label': fill(this.words.remove, { name: file.filename }), onclick: () => this.drop(file) }, icon('x')))))
  }

  private drop(file: Attachment): void {
    this.attachments = this.attachments.filter((kept) => kept !== file)
    this.drawFiles()
  }
}
