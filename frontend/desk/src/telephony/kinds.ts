import type { IconName } from '@axd/shared/icons/icons'

/** How one field of a node is edited. */
export type FieldType =
  | 'say'
  | 'target'
  | 'optional_target'
  | 'choices'
  | 'cases'
  | 'number'
  | 'flag'
  | 'text'
  | 'variable'
  | 'keys'
  | 'uses'
  | 'select'

/** What a select offers: its own words, or the names that this workspace knows. */
export type Source = 'by' | 'languages' | 'sendBy' | 'queues' | 'flows' | 'items' | 'documents' | 'actions'

export interface FieldSpec {
  name: string
  type: FieldType
  /** The value of a fresh node. */
  initial: unknown
  /** For targets: the exit that leads there. */
  exit?: string
  source?: Source
  /** A select that may stay empty. */
  optional?: boolean
  min?: number
  max?: number
}

const say = (name = 'say'): FieldSpec => ({ name, type: 'say', initial: [] })
const to = (name: string, exit: string): FieldSpec => ({ name, type: 'target', initial: '', exit })
const maybeTo = (name: string, exit: string): FieldSpec => ({ name, type: 'optional_target', initial: null, exit })
const figure = (name: string, initial: number, min: number, max: number): FieldSpec => ({
  name,
  type: 'number',
  initial,
  min,
  max,
})
const text = (name: string, initial = ''): FieldSpec => ({ name, type: 'text', initial })
const flag = (name: string, initial: boolean): FieldSpec => ({ name, type: 'flag', initial })
const variable = (name: string, initial: string | null): FieldSpec => ({ name, type: 'variable', initial })
const select = (name: string, source: Source, initial: string | null, optional = false): FieldSpec => ({
  name,
  type: 'select',
  source,
  initial,
  optional,
})

const onward = to('next', 'next')
const silence = to('on_silence', 'silence')
const invalid = to('on_invalid', 'invalid')
const failed = to('on_failed', 'failed')
const seconds = (initial: number, max: number): FieldSpec => figure('timeout_s', initial, 1, max)
const limit = figure('limit_s', 180, 1, 900)
const tries = figure('tries', 3, 1, 9)

/** Every kind of node with its fields, in the order of the form; the server's validator has the last word. */
export const KINDS = {
  answer: [onward],
  play: [say(), flag('interruptible', true), onward],
  menu: [
    say(),
    { name: 'choices', type: 'choices', initial: {} },
    silence,
    invalid,
    say('wrong_say'),
    seconds(5, 60),
    tries,
    variable('records', null),
  ],
  digits: [
    say(),
    variable('variable', 'digits'),
    figure('least', 1, 1, 40),
    figure('limit', 6, 1, 40),
    flag('secret', false),
    onward,
    silence,
    invalid,
    say('wrong_say'),
    seconds(8, 60),
    tries,
  ],
  branch: [
    select('by', 'by', 'variable'),
    text('name'),
    { name: 'cases', type: 'cases', initial: {} },
    to('otherwise', 'other'),
  ],
  language: [select('language', 'languages', 'zh-CN'), onward],
  jump: [select('flow', 'flows', null, true), maybeTo('node', 'next')],
  record: [say(), variable('name', 'recording'), limit, onward],
  queue: [
    say(),
    text('topic'),
    select('queue', 'queues', '', true),
    maybeTo('on_message', 'message'),
    maybeTo('on_callback', 'callback'),
  ],
  voicemail: [say(), text('topic', 'voicemail'), limit, flag('gives_receipt', false), onward, silence],
  callback: [variable('number', null), onward, failed],
  transfer: [say(), text('to'), seconds(20, 120), failed],
  information: [select('item', 'items', ''), onward],
  send: [
    select('document', 'documents', ''),
    select('by', 'sendBy', 'fax'),
    flag('here', false),
    variable('number', null),
    text('domain'),
    onward,
    failed,
  ],
  survey: [
    variable('poll', 'opinion'),
    figure('question', 1, 1, 99),
    say(),
    { name: 'keys', type: 'keys', initial: ['1', '2', '3', '4', '5'] },
    seconds(8, 60),
    onward,
  ],
  data: [
    select('action', 'actions', ''),
    { name: 'uses', type: 'uses', initial: [] },
    { name: 'cases', type: 'cases', initial: {} },
    to('otherwise', 'other'),
  ],
  fax: [say()],
  hang_up: [say()],
} as const satisfies Record<string, readonly FieldSpec[]>

export type Kind = keyof typeof KINDS

export const kindNames = Object.keys(KINDS) as Kind[]

export const fieldsOf = (kind: string): readonly FieldSpec[] => (kind in KINDS ? KINDS[kind as Kind] : [])

export const kindIcons: Record<Kind, IconName> = {
  answer: 'phonein',
  play: 'sound',
  menu: 'keypad',
  digits: 'grid',
  branch: 'filter',
  language: 'globe',
  jump: 'arrowright',
  record: 'mic',
  queue: 'headset',
  voicemail: 'voicemail',
  callback: 'callback',
  transfer: 'transfer',
  information: 'book',
  send: 'send',
  survey: 'ok',
  data: 'search',
  fax: 'fax',
  hang_up: 'hangup',
}
