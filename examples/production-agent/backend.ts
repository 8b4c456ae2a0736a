/** The systems of the shop, as the page reaches them. */
export interface Backend {
  /** Returns the id of the customer, or `undefined` if the claim is wrong. */
  verify(claim: Claim, signal?: AbortSignal): Promise<string | undefined>
  orders(customerId: string, signal?: AbortSignal): Promise<readonly Order[]>
  startReturn(customerId: string, orderId: string, signal?: AbortSignal): Promise<{ readonly label: string }>
  /** Asks the text model. Returns what the agent should tell the caller. */
  askSupervisor(question: SupervisorQuestion, signal?: AbortSignal): Promise<string>
}

export interface Claim {
  readonly customerNumber: string
  readonly birthDate: string
}

export interface Order {
  readonly id: string
  readonly product: string
  readonly deliveredOn: string
  readonly price: number
}

export interface SupervisorQuestion {
  readonly customerId: string
  readonly question: string
  readonly transcript: string
}

/** The database of the shop. Replace it by your own. */
const customers: Readonly<Record<string, { readonly birthDate: string; readonly orders: readonly Order[] }>> = {
  '4711': {
    birthDate: '1990-02-03',
    orders: [{ id: 'A1', product: 'Powder board, 158 cm', deliveredOn: '2026-11-20', price: 499 }],
  },
}

/** Creates the systems of the shop that need no model. */
export function createShop(): Omit<Backend, 'askSupervisor'> {
  function ordersOf(customerId: string): readonly Order[] {
    return Object.hasOwn(customers, customerId) ? (customers[customerId]?.orders ?? []) : []
  }
  return {
    async verify({ customerNumber, birthDate }) {
      const customer = Object.hasOwn(customers, customerNumber) ? customers[customerNumber] : undefined
      return customer?.birthDate === birthDate ? customerNumber : undefined
    },
    orders: async (customerId) => ordersOf(customerId),
    async startReturn(customerId, orderId) {
      if (!ordersOf(customerId).some(({ id }) => id === orderId)) throw new Error('This order is not one of the caller')
      return { label: `return-${orderId}` }
    },
  }
}
