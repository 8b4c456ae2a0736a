import { model } from '$lib/server/service'
import type { PageServerLoad } from './$types'

export const load: PageServerLoad = ({ locals: { service } }) => ({ service: { baseUrl: service.baseUrl, model } })
