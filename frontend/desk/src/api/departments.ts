import { client, take } from './client'
import type { DepartmentInput } from './models'

const { GET, POST, PUT, DELETE } = client
const departmentAt = (department_id: string) => ({ path: { department_id } })

export const departmentsApi = {
  list: () => take(GET('/api/desk/departments')),
  create: (body: DepartmentInput) => take(POST('/api/desk/departments', { body })),
  change: (id: string, body: DepartmentInput) =>
    take(PUT('/api/desk/departments/{department_id}', { params: departmentAt(id), body })),
  remove: (id: string, based_on: number) =>
    take(DELETE('/api/desk/departments/{department_id}', { params: { ...departmentAt(id), query: { based_on } } })),
}
