import { type Agent, tool } from 'realtime-primitives'
import * as z from 'zod'
import type { Backend } from './backend.js'

export const model = 'gpt-realtime-2.1'

/** What the conversation has established about the caller. */
export interface Caller {
  /** `undefined` until the front desk has verified the caller. */
  readonly customerId: string | undefined
}

/** What the agents need from the app. */
export interface AgentServices {
  readonly backend: Backend
  /** Called when the front desk has verified the caller. */
  readonly onVerified: (customerId: string) => void
  /** Returns the id of the verified caller. */
  readonly caller: () => Caller
  /** Returns the conversation so far as text, for the supervisor. */
  readonly transcript: () => string
}

const style =
  'Answer in one or two short sentences. Speak the language of the caller. Never guess facts: use your tools.'

/** Creates the four agents of the shop. The front desk starts, and the others need a verified caller. */
export function createAgents(services: AgentServices): readonly [Agent, Agent, Agent, Agent] {
  const { backend, onVerified, caller, transcript } = services

  const verify = tool({
    name: 'verify_caller',
    description: 'Verifies the caller. Use it when you have the customer number and the date of birth.',
    parameters: z.object({
      customerNumber: z.string().regex(/^\d{4}$/),
      birthDate: z.string().describe('YYYY-MM-DD'),
    }),
    async execute(claim, { signal }) {
      const customerId = await backend.verify(claim, signal)
      if (customerId === undefined) return { verified: false, next: 'Ask once more, then offer a call back.' }
      onVerified(customerId)
      return { verified: true }
    },
  })

  /** Returns the id of the caller, or throws. Models can call any tool at any time, so each tool checks it. */
  function verifiedId(): string {
    const { customerId } = caller()
    if (customerId === undefined) throw new Error('The caller is not verified')
    return customerId
  }

  const orders = tool({
    name: 'list_orders',
    description: 'Returns the orders of the caller.',
    execute: (_arguments, { signal }) => backend.orders(verifiedId(), signal),
  })

  const startReturn = tool({
    name: 'start_return',
    description: 'Starts the return of an order. Ask the supervisor first whether it is allowed.',
    parameters: z.object({ orderId: z.string() }),
    execute: ({ orderId }, { signal }) => backend.startReturn(verifiedId(), orderId, signal),
  })

  // The voice model is fast and answers at once. Decisions go to a text model that has more time and the rules of the shop.
  const askSupervisor = tool({
    name: 'ask_supervisor',
    description:
      'Asks a supervisor who knows all policies. Use it for every decision about money, returns, or exceptions.',
    parameters: z.object({ question: z.string().describe('The question, with all facts that matter') }),
    execute: ({ question }, { signal }) =>
      backend.askSupervisor({ customerId: verifiedId(), question, transcript: transcript() }, signal),
  })

  return [
    {
      name: 'front_desk',
      instructions: `You are the front desk of Harbour Snowboards. ${style}
Ask for the customer number and the date of birth, and verify the caller. Then hand over to the agent that fits. Without verification you help with nothing.`,
      tools: [verify],
      handoffs: ['returns', 'sales', 'complaints'],
      guardrails: [staysOnTopic],
    },
    {
      name: 'returns',
      handoffDescription: 'Returns, refunds, and damaged boards.',
      instructions: `You handle returns of Harbour Snowboards. ${style}
Say "Let me check" before you ask the supervisor, and then say what the supervisor answered in your own words.`,
      tools: [orders, askSupervisor, startReturn],
      handoffs: ['sales', 'complaints'],
      guardrails: [promisesNothing, staysOnTopic],
    },
    {
      name: 'sales',
      handoffDescription: 'New boards, prices, and stock.',
      instructions: `You sell snowboards of Harbour Snowboards. ${style} Ask about size and riding style before you recommend a board.`,
      tools: [askSupervisor],
      handoffs: ['returns', 'complaints'],
      guardrails: [promisesNothing, staysOnTopic],
    },
    {
      name: 'complaints',
      handoffDescription: 'Callers who are upset, or who ask for a person.',
      instructions: `You take complaints for Harbour Snowboards. ${style} Apologize once, ask the supervisor what you may offer, and offer that.`,
      tools: [orders, askSupervisor],
      handoffs: ['returns'],
      guardrails: [promisesNothing, staysOnTopic],
    },
  ]
}

/** A promise that no tool has confirmed would bind the shop. */
const promisesNothing = {
  name: 'promises',
  check: ({ text }: { readonly text: string }) => ({ tripped: /\b(i (promise|guarantee)|guaranteed)\b/i.test(text) }),
}

const staysOnTopic = {
  name: 'competitors',
  check: ({ text }: { readonly text: string }) => ({ tripped: /\b(burton|salomon)\b/i.test(text) }),
}
