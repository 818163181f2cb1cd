import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { api } from '../api/desk'
import { nameChannel } from '../i18n'
import type { Choice, Reference } from '../api/models'

/** Word lists that change rarely: queues, skills, choices, departments, canned answers, colleagues. */
export const useReference = defineStore('reference', () => {
  const lists = ref<Reference | null>(null)
  const { locale } = useI18n({ useScope: 'global' })

  const named = (one: { name: string; name_en: string } | undefined): string =>
    one ? (locale.value === 'en' && one.name_en) || one.name : ''
  const labelled = (one: Choice | undefined): string =>
    one ? (locale.value === 'en' && one.label_en) || one.label : ''

  const load = async (): Promise<void> => {
    lists.value = await api.reference()
    for (const { key, name, name_en } of lists.value.channels) nameChannel(key, name, name_en)
  }
  const choices = (list: string): Choice[] => lists.value?.choices[list] ?? []
  /** What a person may choose; the system's own are left out. */
  const own = (list: string): Choice[] => choices(list).filter((choice) => !choice.by_system)
  const choice = (list: string, key: string | null): string =>
    key === null ? '' : labelled(choices(list).find((one) => one.key === key)) || key

  const queueName = (id: string | null): string => named(lists.value?.queues.find((queue) => queue.id === id))
  const skillName = (id: string): string => named(lists.value?.skills.find((skill) => skill.id === id)) || id
  const departmentName = (id: string | null): string => named(lists.value?.departments.find((one) => one.id === id))
  const canned = computed(() =>
    (lists.value?.canned_answers ?? []).filter((answer) => answer.language === locale.value),
  )

  return { lists, load, choices, own, choice, named, labelled, queueName, skillName, departmentName, canned }
})
