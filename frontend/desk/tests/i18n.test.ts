import { describe, expect, it } from 'vitest'
import en from '../src/i18n/en'
import zh from '../src/i18n/zh'

type Tree = { [key: string]: string | Tree }

const sources = import.meta.glob(['../src/**/*.{vue,ts}', '../../shared/components/*.vue', '!../src/i18n/{zh,en}/**'], {
  query: '?raw',
  import: 'default',
  eager: true,
})
const code = Object.values(sources).join('\n')

function flat(tree: Tree, prefix = ''): Map<string, string> {
  const entries = Object.entries(tree).flatMap(([key, value]): [string, string][] =>
    typeof value === 'string' ? [[prefix + key, value]] : [...flat(value, `${prefix}${key}.`)],
  )
  return new Map(entries)
}

const chinese = flat(zh)
const english = flat(en)
const sections = new Set(Object.keys(zh))
/** Rights look like keys. */
const rights = new Set(Object.keys(zh.staff.right).map((right) => right.replace('_', '.')))
const placeholders = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!).sort()

describe('the words', () => {
  it('English says everything that Chinese says, with the same figures in it', () => {
    expect([...english.keys()].sort()).toEqual([...chinese.keys()].sort())
    const differing = [...chinese].filter(
      ([key, text]) => placeholders(text).join() !== placeholders(english.get(key)!).join(),
    )
    expect(differing.map(([key]) => key)).toEqual([])
  })

  it('English holds no Chinese', () => {
    expect([...english].filter(([, text]) => /\p{Script=Han}/u.test(text)).map(([key]) => key)).toEqual([])
  })

  it('every sentence that a page asks for exists', () => {
    const asked = [...code.matchAll(/'([a-z]+(?:\.\w+)+)'/g)]
      .map((match) => match[1]!)
      .filter((key) => sections.has(key.split('.')[0]!) && !rights.has(key))
    const missing = asked.filter((key) => !chinese.has(key))
    expect(missing).toEqual([])
  })

  it('no sentence is left over', () => {
    const prefixes = [...code.matchAll(/`([a-z]+(?:\.\w+)*\.)\$\{/g)].map((match) => match[1]!)
    const asked = (key: string): boolean => {
      if (code.includes(`'${key}'`)) return true
      const last = key.split('.').at(-1)!
      const deep = prefixes.some((prefix) => key.startsWith(prefix) && prefix.split('.').length > 2)
      const shallow =
        prefixes.some((prefix) => key.startsWith(prefix)) && new RegExp(`\\b${last.replace(/Hint$/, '')}\\b`).test(code)
      return deep || shallow || key.startsWith('problem.')
    }
    expect([...chinese.keys()].filter((key) => !asked(key))).toEqual([])
  })
})
